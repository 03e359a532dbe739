"""Credentials in texts are masked, and nothing else."""

import pytest

from fluxstatus.base.masking import mask, masked
from fluxstatus.cluster.pruning import prune

SECRET = "hunter2-c0rrect-h0rse"


def test_whole_objects_are_masked_at_any_depth() -> None:
    """No credential is left in a whole object, neither in a text nor under such a key."""
    item = {
        "metadata": {
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": '{"password":"x"}',
                "example.com/token": "hunter2",
                "example.com/team": "a",
            }
        },
        "spec": {
            "url": "https://git:hunter2@git.example.com/a",
            "values": [{"dbPassword": "hunter2", "replicas": 2}],
            "secretRef": {"name": "login"},
            "pullSecret": "login",
        },
    }
    assert masked(item) == {
        "metadata": {"annotations": {"example.com/token": "***", "example.com/team": "a"}},
        "spec": {
            "url": "https://***@git.example.com/a",
            "values": [{"dbPassword": "***", "replicas": 2}],
            "secretRef": {"name": "login"},
            "pullSecret": "login",
        },
    }


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER", "Basic", "token", "TOKEN"])
def test_a_word_before_a_credential_may_have_any_case(word: str) -> None:
    """What follows the scheme of a header is masked from 16 characters on: shorter is a word."""
    assert mask(f"rejected {word} abcdefghijklmnop") == f"rejected {word} ***"
    assert mask(f"rejected {word} abcdefghijklmno") == f"rejected {word} abcdefghijklmno"


@pytest.mark.parametrize("url", ["https://u:p@h.io", "oci://a:b@c.d"])
def test_short_urls_are_masked(url: str) -> None:
    """The shortest URLs with a login are longer than what is not searched."""
    for known in (masked(url), prune("gitrepositories", {"spec": {"url": url}})["spec"]["url"]):
        assert known == f"{url.partition('://')[0]}://***@{url.partition('@')[2]}"


@pytest.mark.parametrize("text", ["pwd=x7q9", "[pw:x7q9", "--pw x7q", "pw: x7q9"])
def test_the_shortest_texts_are_masked(text: str) -> None:
    """A name, a separator and a value are a credential in an object, too, however short."""
    shown = f"{text[: text.index('x7')]}***"
    assert mask(text) == shown
    assert masked({"args": [text], "message": text}) == {"args": [shown], "message": shown}
    known = prune("gitrepositories", {"spec": {"url": text}, "metadata": {"labels": {"a": text}}})
    assert known == {"spec": {"url": shown}, "metadata": {"labels": {"a": shown}}}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[36mpassword\x1b[0m=x7x9q \x1b[36muser\x1b[0m=a", "password=*** user=a"),
        ("\x1b[1;33mpass\x1b[0mword: 'x7x9q'", "password: '***'"),
        ("\x1b[31mERROR\x1b[0m the token is invalid", "\x1b[31mERROR\x1b[0m the token is invalid"),
        ("v1\x1b[2J and the rest", "v1\x1b[2J and the rest"),  # an escape, but no color
        ("\x1b[" * 2000 + "0m" * 2000, "\x1b[" * 2000 + "0m" * 2000),
    ],
)
def test_colors_hide_no_name(text: str, shown: str) -> None:
    """Programs color their logs: a name may be in another color than the separator."""
    assert mask(text) == shown


def test_the_host_of_a_masked_url_stays() -> None:
    """The host stays in the URL when the credential is masked."""
    assert mask(f"https://u:{SECRET}@git.example.com/a.git") == "https://***@git.example.com/a.git"


def test_the_value_of_an_entry_with_a_secret_name_is_masked() -> None:
    """In a whole object, the name may be a key, or an entry beside the value."""
    item = {
        "env": [{"name": "DB_PASSWORD", "value": "x"}, {"name": "LEVEL", "value": "debug"}],
        "secretKey": "x",
        "clientSecret": 1234,
        "webhookPath": "/hook/x",
        "passwords": {"admin": "x"},
        "token": {"enabled": "true", "secret": "${TOKEN}"},
        "automountServiceAccountToken": True,
        "stringData": {"a": "x"},
    }
    assert masked(item) == {
        "env": [{"name": "DB_PASSWORD", "value": "***"}, {"name": "LEVEL", "value": "debug"}],
        "secretKey": "***",
        "clientSecret": "***",
        "webhookPath": "***",
        "passwords": {"admin": "x"},
        "token": {"enabled": "true", "secret": "${TOKEN}"},
        "automountServiceAccountToken": True,
        "stringData": {"a": "x"},
    }
    contents = {"data": {"a": "eA=="}, "stringData": {"a": "x", "b": ["y"]}}
    secret = {"kind": "Secret", "metadata": {"name": "a"}, **contents}
    assert masked([secret])[0] == {
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"a": "***"},
        "stringData": {"a": "***", "b": ["***"]},
    }


def test_the_value_of_a_secret_name_is_masked_in_any_place() -> None:
    """The name may be beside the value, above it, or the flag before it."""
    item = {
        "set": [{"key": "db.password", "value": "x"}, {"key": "level", "value": "debug"}],
        "variables": {"DB_PASSWORD": {"value": "x", "sensitive": "yes"}, "A": {"value": "b"}},
        "args": ["--user", "a", "--password", "x", "--token", "--verbose", "y"],
        "passwords": ["x", "y"],
    }
    assert masked(item) == {
        "set": [{"key": "db.password", "value": "***"}, {"key": "level", "value": "debug"}],
        "variables": {"DB_PASSWORD": {"value": "***", "sensitive": "yes"}, "A": {"value": "b"}},
        "args": ["--user", "a", "--password", "***", "--token", "***", "y"],
        "passwords": ["***", "***"],
    }


NAMES = (
    "password", "passwords", "dbPassword", "passwd", "passphrase", "passcode", "secret",
    "CLIENT_SECRET", "token", "x-auth-token", "credentials", "credential", "authorization",
    "dockerconfigjson", "dockercfg", "webhookPath", "webhookUrl", "WEBHOOK_URL", "pass", "db_pass",
    "dbPass", "pwd", "db-pwd", "auth", "authSig", "signature", "sig", "x-sig", "sas", "api-key",
    "api_key", "apikey", "ApiKey", "accessKey", "accountKey", "adminKey", "appKey",
    "applicationKey", "authKey", "clientKey", "client-key-data", "client_key_data", "consumerKey",
    "deployKey", "encryptionKey", "hmacKey", "integrationKey", "licenseKey", "masterKey",
    "privateKey", "privateKeyData", "routingKey", "rsaKey", "secretKey", "sessionKey", "sharedKey",
    "signingKey", "sshKey", "storageKey", "subscriptionKey", "webhookKey", "bindpw",
    "connectionString", "connection_string", "pat", "creds", "dbCred", "pw", "PASSWORD_2",
    "token_b64", "secretHash", "passwordValue",
)  # fmt: skip
NO_NAMES = (
    "bypass", "compass", "keypwds", "author", "signatures", "publicKey", "public-key", "key",
    "valuesKey", "cacheKey", "monkey", "pullSecret", "pull-secret", "pull_secret", "existingSecret",
    "existing_secret", "tokens",
)  # fmt: skip


EXPLANATIONS = (
    "401", "absent", "access", "accessible", "already", "and", "can", "cannot", "could", "couldn",
    "denied", "does", "empty", "EOF", "err", "error", "exceeded", "expected", "expired", "failed",
    "failure", "field", "flag", "for", "forbidden", "from", "got", "has", "hidden", "http", "https",
    "if", "in", "int", "integer", "invalid", "invalidated", "is", "malformed", "may", "mismatch",
    "missing", "must", "no", "not", "nothing", "object", "of", "option", "or", "permission",
    "redacted", "rejected", "require", "required", "requires", "revoked", "should", "string",
    "timeout", "to", "too", "unable", "unauthorized", "unauthorised", "unavailable", "unexpected",
    "unknown", "unsupported", "want", "was", "with", "wrong", "null", "nil", "none", "true",
    "false", "yes", "unset", "$TOKEN", "${TOKEN}", "$(TOKEN)", "{{ .Token }}", ".Values.token",
    "./token", "../token", "<token>", "<your token>", "***",
)  # fmt: skip


@pytest.mark.parametrize("word", EXPLANATIONS)
@pytest.mark.parametrize("text", ["failed to get token: {}", "password: {}", "X-Api-Key: {}"])
def test_what_explains_is_no_value(text: str, word: str) -> None:
    """A word of a sentence on what is wrong stays, and so does a placeholder."""
    assert mask(text.format(word)) == text.format(word)


@pytest.mark.parametrize("name", NAMES)
def test_the_value_of_such_a_name_is_masked(name: str) -> None:
    """In a text and in an object, as flags, variables and fields are written."""
    assert mask(f"it has {name}=x7x9q and more") == f"it has {name}=*** and more"
    assert masked({name: "x7x9q"}) == {name: "***"}


@pytest.mark.parametrize("name", NO_NAMES)
def test_the_value_of_another_name_stays(name: str) -> None:
    """Words that have such a name in them, public keys, indexes, and names of Secrets."""
    assert mask(f"it has {name}=x7x9q and more") == f"it has {name}=x7x9q and more"
    assert masked({name: "x7x9q"}) == {name: "x7x9q"}
