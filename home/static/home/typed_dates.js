// What an editor types in a field for a date stays there. By itself the picker writes this very moment over a text that it
// cannot read, as soon as the field is left; our server says what is wrong with it.
jQuery.fn.datetimepicker.defaults.validateOnBlur = false;
