"""Refused requests: the message of the API server, to us or to kubectl, as an `Unread`."""

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.masking import mask
from fluxstatus.model.evidence import Unread, Why

_USER = late_pattern(r'User "([^"]+)"')
_PERMISSION = late_pattern(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[\w./-]+)"(?: in API group "(?P<group>[^"]*)")?'
)
_NOT_FOUND = late_pattern(
    r'\(NotFound\): \S+ "[^"]+" not found'
)  # not every 404 is about an object
_IS_FORBIDDEN = late_pattern(r'\(Forbidden\)|User "[^"]+" cannot ')


def forbidden(message: str, permission: str, to: str) -> Unread:
    """Return the reason why the API server refused *to*, according to its *message*.

    *permission* is the RBAC permission that the request needs.
    """
    if "cannot impersonate" in message:
        permission = to = "impersonate users"
    who = _USER.search(message)
    user = f'user "{who[1]}"' if who else "this user"
    return Unread(Why.FORBIDDEN, f"{user} is not allowed to {to}", permission=permission)


def of_kubectl(failed: Unread, permission: str, to: str) -> Unread:
    """Return why kubectl could not do *to*: *failed*, with the reason in its message.

    The reason ABSENT means that the object does not exist. *permission* is the RBAC permission if
    the message names none.
    """
    message = mask(failed.text)
    if _NOT_FOUND.search(message):
        return failed._replace(why=Why.ABSENT, text=message)
    if not _IS_FORBIDDEN.search(message):
        return failed._replace(text=message)
    named = _PERMISSION.search(message)
    if named:
        group = f".{named['group']}" if named["group"] else ""
        permission = f"{named['verb']} {named['resource']}{group}"
    return forbidden(message, permission, to)
