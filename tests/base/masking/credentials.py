"""Credentials in all forms: the examples of the tables, and more that their patterns are for.

The secrets are written in two pieces, so that no scanner takes this file for a leak.
"""

from typing import NamedTuple

from fluxstatus.base.masking.forms import FORMS
from fluxstatus.base.masking.grammar import WAYS


class Credential(NamedTuple):
    """A text with a secret, and what must not be left of it."""

    name: str
    text: str
    secret: str


_UUID = "06e22f2a-1c4f-4e9c-9a3f-c0ffee5ca1ab"
_HASH = "3d89bb7572e0fb30d8128367b3b1b44fecd1726de135cbe28a41f8b2f777c372"
_WORD = "hunter2-c0rrect-h0rse"

_WHOLE = (
    *(f"{prefix}_" "16C7e42F292c6912E7710c838347Ae178B4a" for prefix in ("gho", "ghu", "ghr")),
    "ghs_" "1234567_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl",
    "github_" "pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789aBcDeFg",
    *(f"gl{kind}-" "z9sxgtrfAxKr8q1TPY8Y" for kind in (
        "dt", "rt", "rtr", "cbt", "ptt", "ft", "imt", "agent", "soat", "oas", "ffct", "wt")),
    "glpat-" "kGBowWHW86MQpwOjEKdDozCw.01.121flyh6j",
    "ATATT3xFfGF0" "T8ZGz2jCIKcZzaHVhZkeQ=C9A2D1E8", "ATBB" "k7qLm2zXw9cVbN4sDfGhJ6tR1A2B3C4D",
    "ASIA" "IOSFODNN7EXAMPLE", "IQoJb3JpZ2luX2Vj" "ED0aCXVzLWVhc3QtMSJHMEUCIQ",
    "xoxp-" "1234567890-abcdefabcdef", "xoxe.xoxp-" "1-Mi0yLTk0MTIwMTQ2", "xoxe-" "1-My0xLTk0MTIwMTQ2",
    "xapp-" "1-A0123456789-1234567890123-abcdef0123456789",
    "glc_" "eyJvIjoiMTIzNDU2IiwibiI6InRva2VuIiwiayI6InNlY3JldCJ9",
    "hvb." "AAAAAQJ3d5h2l9a1b2c3d4e5f6g7h8i9j0", "dckr_" "oat_a1b2c3d4e5f6g7h8i9j0a1b2c3d4e5f6",
    "AKCp" "5bueTFpfypEqQbGJPp7eHFi28fBivfWczrjbPb9erDff9LbXZbj6UsRExVXA8asWGc9fM",
    "AGE-SECRET-KEY-PQ-1" "QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ",
    "eyJhbGciOiJSUzI1NiJ9." "eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
)  # fmt: skip
"""Tokens that are recognized whole."""

_PARTS = (
    ("https://git:%s@git.example.com/a.git", _WORD), ("https://%s@git.example.com/a.git", _WORD),
    ("https://git:%s@git.example.com/a.git", "more@" + _WORD),
    ("https://git:%s@git.example.com/a.git", "a/" + _WORD),
    ("redis://:%s@redis.example.com:6379/0", _WORD), ("oci://a:%s@c.d", "b0b0" "b7b7"),
    ("https://a1b2c3d4%s@o0.ingest.sentry.io/12341234", "e5f6" "a7b8"),
    ("https://hooks.slack.com/workflows/%s", "T016NM/A01/32/" + _HASH),
    ("https://hooks.slack.com/triggers/%s", "E012345/67890/" + _HASH),
    ("https://discordapp.com/api/webhooks/1234/%s/slack", _HASH),
    ("https://outlook.office365.com/webhook/%s", _UUID + "@abc/IncomingWebhook/" + _HASH),
    ("https://default0a.36.environment.api.powerplatform.com:443/powerautomate/automations/direct/"
     "workflows/0a/triggers/manual/paths/invoke?api-version=1&sp=%%2Ftriggers&sv=1.0&sig=%s", _WORD),
    ("https://open.larksuite.com/open-apis/bot/v2/hook/%s", _UUID),
    ("https://mattermost.example.com/hooks/%s", "xxw3kc6nqjn8" "tkzgkjxf9s1dch"),
    ("https://chat.googleapis.com/v1/spaces/AAA/messages?key=%s", "AIza-not" "-a-known-key"),
    ("https://chat.googleapis.com/v1/spaces/AAA/messages?key=k&token=%s", _WORD),
    ("https://api.opsgenie.com/v1/json/x?apiKey=%s", _UUID),
    ("Authorization: GenieKey %s", _UUID), ("map[Authorization:[Bearer %s]]", _WORD),
    ("Authorization: Token token=%s", _WORD), ("authorization: basic %s", "dXNlcjpw"),
    ("Authorization=Basic %s", "dXNlcjpw"), ("Authorization: SharedKey acme:%s", "ctzMq410" "TV3w="),
    ("it sent Private-Token: %s", "swordfish"), ("curl -H 'X-Api-Key:%s'", "swordfish"),
    ('{"pwd" : %s , "a": 1}', "0451337"), ('{"pwd":\n  %s\n}', "0451337"), ("token := '%s'", "a secret of words"),
    ("rejected token: %s (403)", "ab12cd"), ("password: %s, user: app", "swordfish"),
    ("token:  '%s'", "a secret of words"), ("--password '%s' --user x", "a secret of words"), ("token =%s", "x7x9q"),
    ("BEARER %s", "x1y2z3"), ("header PRIVATE-TOKEN: %s", _WORD), ("X-Vault-Token: %s", _WORD),
    ("DD-API-KEY: %s", "a1b2c3d4a1b2c3d4" "a1b2c3d4a1b2c3d4"),
    ("https://x.blob.core.windows.net/c?sv=2023-11-03&se=2026&sr=c&sp=r&sig=%s", _WORD),
    ("https://s3.example.com/x?X-Amz-Signature=%s&x=y", _HASH),
    ("https://s3.example.com/x?X-Amz-Security-Token=%s", _WORD),
    ("https://storage.googleapis.com/b/o?X-Goog-Signature=%s", _HASH),
    ("Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=%s;EntityPath=e", _WORD + "="),
    ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=%s;EndpointSuffix=core.windows.net", _WORD + "=="),
    ("Server=db;User Id=app;Password=%s;", _WORD), ("Server=db;Uid=app;Pwd=%s;", _WORD),
    ("host=db user=app password=%s dbname=app", _WORD), ('password = "%s"', _WORD), ("password='%s'", "p7 w9"),
    ('{\\"password\\":\\"%s\\"}', 'a\\\\\\"b' + _WORD), ('{"token":"%s"}', 'a\\"b' + _WORD),
    ("{'password': '%s'}", _WORD), ("map[password:%s user:app]", "swordfish"),
    ("{Username:app Password:%s}", "swordfish"), ("password: %s", "swordfish"), ("token: %s", "swordfish"),
    ("- dbPassword: %s\n- a: b", "swordfish"), ("passphrase=%s", "x1x7q"), ("secretAccessKey: %s", _WORD),
    ("aws_session_token = %s", _WORD), ("client-key-data: %s", "LS0tLS1"), ("ACCESS-TOKEN=%s", "x7x9q"),
    ('{"auths":{"ghcr.io":{"auth":"%s"}}}', "dXNlcjpw" "YXNz"), (".dockerconfigjson: %s", "eyJh" "dXRo"),
    ('["helm","--password","%s"]', _WORD), ("--registry-token %s", _WORD), ("--token=%s", "x7x9q"),
    ('{"status":{"token":"%s"}}', "k8s-aws-v1." "aHR0cHM6"), ('{"type":"service_account","private_key":"%s"}', "\\n" + _WORD),
    ('spec.token: Invalid value: "%s": too short', "swordfish"),
    ('spec.password: Invalid value: 12345: no text; spec.token: Invalid value: "%s"', "swordfish"),
    ('Env:[]core.EnvVar{core.EnvVar{Name:"LEVEL", Value:"%s", ValueFrom:nil}}', _WORD),
    ('Invalid value: {"containers":[{"env":[{"name":"A","value":"%s"}]}]}', _WORD),
    ('"password": %s\n', "swordfish"), ("password:\t%s", "swordfish"), ("password : %s", "swordfish"),
    ("password: !!str %s", "swordfish"), ("password: &anchor %s", "swordfish"),
    ("auth:\n  password:\n    %s\n  user: a", "swordfish"), ("  - dbPassword:\\n      %s\\n", "swordfish"),
    ("API_TOKEN_2=%s", _WORD), ("PASSWORD1: %s", "swordfish"), ("token_b64=%s", _WORD),
    ("passwordHash: %s", _WORD), ("creds: %s", "swordfish"), ("GITHUB_PAT=%s", _WORD), ("bindpw=%s", _WORD),
    ("pwd=%s", "x7q9"), ("pw: %s", "x7q9"), ("--pw %s", "x7q9"), ("login with password=%s", "none-of-x7x9q"),
    ("password: %s", "true-x7x9q"), ("token: %s", "not-x7x9q"), ("map[passwd:%s user:app]", "04513"),
    ("password => %s", _WORD), ("'password' => '%s'", _WORD), ("password -> %s", _WORD),
    ("<password>%s</password>", "swordfish"), ('<add key="password" value="%s"/>', "swordfish"),
    ("https://x.example/?next=%%2Fa%%3Fb%%3D1%%26password%%3D%s", _WORD),
    ("body=%%7B%%22token%%22%%3A%%20%%22%s%%22%%7D", _WORD), ("to=https%%3A%%2F%%2Fapp%%3A%s%%40git.example.com%%2Fa", _WORD),
    ('http.Header{"X-Api-Key":[]string{"%s"}}', _WORD), ("Set-Cookie: sid=%s; HttpOnly", _WORD),
    ('http.Header{"Set-Cookie":[]string{"sid=%s"}}', _WORD), ("map[Cookie:[sid=%s]]", _WORD),
    ("curl -u app:%s https://git.example.com", _WORD), ("curl --user 'app:%s' https://x", _WORD),
    ("helm registry login -u app -p %s ghcr.io", _WORD), ("mysql -uroot -p%s -h db", _WORD),
    ("sshpass -p %s ssh db", _WORD), ("machine git.example.com login app password %s", "swordfish"),
    ("kubectl create secret generic a --from-literal=level=%s", _WORD), ("--from-literal level=%s", _WORD),
    ('wrong password "%s" for user app', "swordfish"), ("login with password %s failed", _WORD),
    ("invalid token '%s'", "0123456789abcdef0123"),
    ("&Container{Name:a,Env:[]EnvVar{EnvVar{Name:LEVEL,Value:%s,ValueFrom:nil,},},}", _WORD),
    ('env:{name:"LEVEL"  value:"%s"}', _WORD), ('{"value":"%s","name":"LEVEL"}', _WORD),
    ("env:\n- value: %s\n  name: LEVEL\n", _WORD),
    ("kind: Secret\nstringData:\n  level: a\n  other: %s\n", "swordfish"),
    ("stringData:\n  password: |\n    a\n    %s\n", "swordfish"), ("cluster_pw=%s", "swordfish"),
    ("kind: Secret\\ndata:\\n  level: %s\\n", "c3dvcmRmaXNo"),
    ("the data user=app&%s", "cGFzc3dvcmQ9" "aHVudGVyMi1j"), ("the data %s", "QQVNTV09SRD1o" "dW50ZXIyLWNv"),
    ("the data eyJ1c2VybmFtZSI6ImEiLC%s", "JwYXNzd29yZCI6Imh1" "bnRlcjIifQ"),
    ("-----BEGIN PGP PRIVATE " "KEY BLOCK-----\n\n%s\n-----END PGP PRIVATE KEY BLOCK-----", _WORD),
    ("-----BEGIN OPENSSH PRIVATE " "KEY-----\\n%s\\n-----END OPENSSH PRIVATE KEY-----\\n", _WORD),
    ("-----BEGIN ENCRYPTED SIGSTORE PRIVATE " "KEY-----\n%s", _WORD),
    ("-----BEGIN USER NKEY " "SEED-----\n%s\n------END USER NKEY SEED------", _WORD),
)  # fmt: skip
"""Texts with the place of a secret, and the secret."""

CREDENTIALS = (
    *(Credential(one.name, one.text, one.hides) for one in (*FORMS, *WAYS)),
    *(Credential(token[:12], token, token) for token in _WHOLE),
    *(Credential(text[:30], text % secret, secret) for text, secret in _PARTS),
)
"""All forms that must be masked."""

HARMLESS = (
    'password authentication failed for user "app"',
    "the token is invalid",
    "Access denied for user 'app'@'10.0.0.1' (using password: YES)",
    "{Host:db Password: Token:empty Port:5432}",
    "password=none, token=null; secret=false",
    "passwd: no",
    "token:8080: connection refused",
    "http://password:8080/",
    "Secret git-token",
    "secretRef.name: github-token",
    "key age.agekey not found",
    "kubectl create secret generic x --from-literal=password=<password>",
    "flux create secret git x --password=${GIT_PASSWORD}",
    "add '--set auth.password=$PASSWORD' to the command",
    "{{ if eq $password .Values.password }}",
    "the image ghcr.io/acme/token:1.2.0 was pulled",
    "no such host: lookup auth:443",
    "oci://ghcr.io/acme/app@sha256:78361d5a4000d35deda9dabbcf7dc8c96097b2c778361d5a4000d35d",
    "stored artifact for revision 'main@sha1:78361d5a4000d35deda9dabbcf7dc8c96097b2c7'",
    "GET https://registry.example.com:5000/v2/app/manifests/x@sha256:abc: MANIFEST_UNKNOWN",
    "failed to get secret 'apps/git-auth': secrets \"git-auth\" not found",
    "failed to read secret 'a/gitlab-token': secrets \"gitlab-token\" not found",
    "invalid secret 'previews/gitlab-token': key 'username' is missing",
    "decryption failed for 'vault-token': cannot get sops data key",
    "check the token in Secret fleet-token: expired, revoked or without read_repository",
    "invalid 'apps/x' secret data: required fields 'token'",
    "authorization: authorization failed: no basic auth credentials",
    "failed to get token: unauthorized",
    "failed to acquire a token:\n      | WorkloadIdentityCredential authentication failed.",
    "failed to get token: oauth2: cannot fetch token: 401 Unauthorized",
    "failed to fetch token: x509: certificate signed by unknown authority",
    "invalid token: 12345678901 is not a string",
    "spec.password: Required value",
    "spec.password: Invalid value: null",
    "the server rejected token: ab12c (403)",
    'spec.password: Invalid value: {"a": 1}: must be a string',
    "password: printf(format)",
    "{Method:GET token:/oauth2/authorize}",
    "could not read the password: no such file",
    "required flag --token is missing; --token and --user are required",
    "automountServiceAccountToken: true",
    "imagePullSecret: regcred",
    "valuesKey: values.yaml, key: password",
    "bypass=1, compass: north",
    "dependency 'apps/db' is not ready",
    "basic auth cannot be sent over HTTP",
    "token required for private repositories",
    "unable to clone 'https://git.example.com/a.git': authentication required: Unauthorized",
    'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    "MANIFEST_UNKNOWN: manifest unknown; map[Tag:5.0.0]",
    "json: cannot unmarshal object into Go struct field X.data of type map[string]string",
    'Secret "db-auth" has no key "password"',
    "docker run -u 1000:1000 ghcr.io/acme/app",
    "mkdir -p /data/app",
    "data:\nthe rest of the answer",
    "invalid token '<' at the start of the document",
    "field password of type string -> int is not allowed",
    "credentials:\n  - name: a\n",
    "the password: it is empty",
    "token_count: 5, tokensPerMinute: 100",
    "password authentication failed (SQLSTATE 28P01)",
    "error: secret token-1 not found",
    "name: level, value: debug",
    "GET https://git.example.com/acme/app%3Fref%3Dmain: 404",
    "the pattern %26 is not encoded",
    "cookie: not set",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
)
"""Texts without a credential, which stay as they are."""
