from .choices import Balance, Kind, Names, NameVisibility, Perspective, Repeat, Visibility
from .keyring import Key, Keyring
from .meeting import HostDetails, Initiative, Meeting, Segment
from .occurrence import Occurrence, WithdrawnDate
from .sign_up import SignUp

__all__ = [
    "Balance",
    "HostDetails",
    "Initiative",
    "Key",
    "Keyring",
    "Kind",
    "Meeting",
    "NameVisibility",
    "Names",
    "Occurrence",
    "Perspective",
    "Repeat",
    "Segment",
    "SignUp",
    "Visibility",
    "WithdrawnDate",
]
