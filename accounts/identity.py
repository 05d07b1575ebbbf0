"""What makes two names or two e-mails the same, and which characters a name may have. Pure."""

import unicodedata

from django.core.validators import RegexValidator

# without "@", so that what one signs in with is either a name or an e-mail, never both
name_characters = RegexValidator(
    r"^[\w.+-]+\Z", "A user name has letters, digits and . + - _ only."
)


def identity_key(name: str) -> str:
    """The form in which names and e-mails are unique: NFKC, case-folded, trimmed."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()
