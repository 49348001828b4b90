"""What each setting of the Configuration is called, on its page and in the audit log."""

from neoserra.translation import lazy_gettext as _l

SETTINGS = {
    "minimum_password_length": _l("Minimum password length"),
    "minimum_applies_at_sign_in": _l("A raised minimum holds from the next sign-in"),
    "password_expiration_days": _l("Password expiration in days"),
    "allow_password_change": _l("People may change their own password"),
    "allow_password_reset": _l("People who forgot their password may have a link sent"),
    "trusted_browser_days": _l("Days that a browser is trusted"),
    "codes_used_percent": _l("Alarm when fewer codes than this are entered, in percent"),
    "contact_name": _l("Contact name"),
    "contact_email": _l("Contact email address"),
    "contact_phone": _l("Contact telephone number"),
}
