// Whoever picks a picture gets the words that describe it, to change for this page; what was typed already stays.
(() => {
  "use strict";
  class DescribedImageBlock extends window.wagtailStreamField.blocks.StructBlockDefinition {
    render(placeholder, prefix, state, errors) {
      const block = super.render(placeholder, prefix, state, errors);
      const words = document.getElementById(`${prefix}-alt_text`);
      let offered = state?.image?.default_alt_text || "";
      block.childBlocks.image.widget.addEventListener("chosen", ({ detail }) => {
        if (words.value === "" || words.value === offered) words.value = detail.default_alt_text;
        offered = detail.default_alt_text;
      });
      return block;
    }
  }
  window.telepath.register("places.blocks.DescribedImageBlock", DescribedImageBlock);
})();
