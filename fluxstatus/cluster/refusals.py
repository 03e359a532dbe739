"""Refused requests: the message of the API server, to us or to kubectl, as an `Unread`."""

import re

from fluxstatus.base.masking import mask
from fluxstatus.model.evidence import Unread, Why

_USER = re.compile(r'User "([^"]+)"')
_RULE = re.compile(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[\w./-]+)"(?: in API group "(?P<group>[^"]*)")?'
)
_IS_FORBIDDEN = re.compile(r'\(Forbidden\)|User "[^"]+" cannot ')


def forbidden(said: str, rule: str, to: str) -> Unread:
    """Return the reason when the API server *said* that the user may not do what *to* says.

    *rule* is the RBAC permission that the request needs.
    """
    if "cannot impersonate" in said:
        rule = to = "impersonate users"
    who = _USER.search(said)
    user = f'user "{who[1]}"' if who else "this user"
    return Unread(Why.FORBIDDEN, f"{user} is not allowed to {to}", rule=rule)


def of_kubectl(failed: Unread, rule: str, to: str) -> Unread:
    """Return why kubectl could not do what *to* says: *failed*, with the reason in its message.

    The reason ABSENT means that the object does not exist. *rule* is the RBAC permission if the
    message names none.
    """
    said = mask(failed.text)
    if "(NotFound)" in said:
        return failed._replace(why=Why.ABSENT, text=said)
    if not _IS_FORBIDDEN.search(said):
        return failed._replace(text=said)
    named = _RULE.search(said)
    if named:
        group = f".{named['group']}" if named["group"] else ""
        rule = f"{named['verb']} {named['resource']}{group}"
    return forbidden(said, rule, to)
