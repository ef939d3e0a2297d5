from .keyring import Key, Keyring
from .meeting import HostDetails, Initiative, Meeting, Segment
from .occurrence import Occurrence
from .sign_up import SignUp

__all__ = ["HostDetails", "Initiative", "Key", "Keyring", "Meeting", "Occurrence", "Segment", "SignUp"]
