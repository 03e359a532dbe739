"""Credentials that are recognized by their own format or place: tokens, webhooks, keys.

Each form has an example, after the documentation of its host. The secret is written in two pieces,
so that no scanner takes this file for a leak.
"""

import re
from functools import cache
from typing import NamedTuple

from fluxstatus.base.late_pattern import late_pattern


class Form(NamedTuple):
    """A form of a credential: `pattern` finds it, and `shown` replaces it.

    In `example`, %s is the place of `hides`. `source` is what documents the form. With `balanced`
    the pattern ends with an opening bracket, and all up to the closing one is replaced.
    """

    name: str
    pattern: str
    example: str
    hides: str
    source: str
    shown: str = "***"
    balanced: bool = False

    @property
    def text(self) -> str:
        """The example with its secret."""
        return self.example % self.hides

    @property
    def regex(self) -> re.Pattern[str]:
        """The pattern, compiled when it is first used: few of them are, in most runs."""
        return _compiled(self.pattern)

    def mask(self, text: str) -> str:
        """Return *text* with this form replaced."""
        if self.balanced:
            return _without_contents(self.regex, text)
        return self.regex.sub(self.shown, text)


_IN_BRACKETS = late_pattern(r'"(?:[^"\\\n]|\\.)*+["\n]?|[][{}()]')
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_compiled = cache(re.compile)


def _without_contents(opening: re.Pattern[str], text: str) -> str:
    """Return *text* without what is in the brackets that *opening* ends with, nested or not."""
    kept, at = [], 0
    while found := opening.search(text, at):
        end = _end_of_bracket(text, found.end() - 1)
        kept += [text[at : found.end()], "***", text[end : end + 1]]
        at = end + 1
    return "".join((*kept, text[at:]))


def _end_of_bracket(text: str, start: int) -> int:
    """Return the place of the bracket that closes the one at *start*; the end if none does."""
    expected: list[str] = []
    for token in _IN_BRACKETS.finditer(text, start):
        if token[0] in _CLOSING:
            expected.append(_CLOSING[token[0]])
        elif expected and token[0] == expected[-1]:
            expected.pop()
            if not expected:
                return token.start()
    return len(text)


_X24 = "XXXXXXXXXXXXXXXXXXXXXXXX"
_UUID = "06e22f2a-1c4f-4e9c-9a3f-c0ffee5ca1ab"
_HEX = "bed6d00b5555b1603e1f59b94d7fdbca58089cb5663633fb83f2815dc626d92b"
_B64 = "bGxvd2VkIHRvIHBhc3MgdGhpcyBrZXkgdG8gYW55b25lIGF0IGFsbA"

_TOKENS = (
    Form("GitHub", r"\b(?:ghp_|gho_|ghu_|ghs_|ghr_|github_pat_)[\w.-]{10,}", "%s",
         "ghp_" "16C7e42F292c6912E7710c838347Ae178B4a",
         "docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github"),
    Form("GitLab", r"\b(?:glpat-|gldt-|glrt-|glrtr-|glcbt-|glptt-|glft-|glimt-|glagent-|glsoat-|gloas-|glffct-|"
         r"glwt-)[\w.-]{10,}", "%s", "glpat-" "z9sxgtrfAxKr8q1TPY8Y", "docs.gitlab.com/security/tokens/#token-prefixes"),
    Form("GitLab, runner registration", r"\bGR1348941[\w-]{10,}", "%s", "GR1348941" "x1y2z3x1y2z3x1y2z3ab",
         "docs.gitlab.com/security/tokens/#token-prefixes"),
    Form("Bitbucket and Atlassian", r"\b(?:ATATT|ATCTT|ATBB)[\w=-]{12,}", "%s",
         "ATCTT3xFfGN0" "aBcDeFgHiJkLmNoPqRsTuVwXyZ=AACE091B",
         "support.atlassian.com/bitbucket-cloud/docs/repository-access-tokens"),
    Form("AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}", "%s", "AKIA" "IOSFODNN7EXAMPLE",
         "docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"),
    Form("AWS, signed request", r"(?<=AWS4-HMAC-SHA256 )Credential=[^\n]{1,500}?Signature=[0-9a-f]{8,}",
         'invalid header field value "AWS4-HMAC-SHA256 %s" for key Authorization',
         "Credential=AKLT" "xx\\n/20261130/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0123456789abcdef",
         "docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html"),
    Form("AWS session token", r"\b(?:FwoGZXIvYXdzE|IQoJb3JpZ2luX2Vj)[\w+/=-]{20,}", "%s",
         "FwoGZXIvYXdzE" "JvdXIgc2Vzc2lvbiB0b2tlbiBnb2VzIGhlcmU",
         "docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"),
    Form("Google OAuth token", r"\bya29\.[\w.-]{10,}", "%s", "ya29." "a0AfH6SMBx1y2z3_Kq-exampletoken",
         "developers.google.com/identity/protocols/oauth2"),
    Form("Google API key", r"\bAIza[\w-]{30,}", "%s", "AIza" "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
         "cloud.google.com/docs/authentication/api-keys"),
    Form("Google OAuth client", r"\bGOCSPX-[\w-]{10,}", "%s", "GOCSPX-" "a1b2c3d4e5f6g7h8i9j0a1b2c3d4",
         "developers.google.com/identity/protocols/oauth2/web-server"),
    Form("Microsoft Entra client secret", r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])", "%s",
         "A1b8Q~" "abcdefghijklmnopqrstuvwxyz0123456~",
         "learn.microsoft.com/purview/sit-defn-client-secret-api-key"),
    Form("Azure key with a signature", r"(?<![\w+/])[\w+/]{32,120}(?:AZDO|\+ACR|\+ASt|\+AEh|\+ASb|\+ARm|AzCa|AzSe)[\w+/]{4,}={0,2}",
         "%s", "a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8i9" "J0a1B2+AStAAAAbb==",
         "learn.microsoft.com/purview/sit-defn-azure-storage-account-key"),
    Form("Slack token", r"\b(?:xox[a-z]|xapp)[.-][\w.-]{10,}", "%s",
         "xoxb-" "1234567890-1234567890-1234567890-1234567890",
         "docs.slack.dev/authentication/tokens"),
    Form("Grafana", r"\b(?:glsa_|glc_)[\w=+/-]{20,}", "%s", "glsa_" "HOruNAb7SOiCdshU7algkrq7F5lkBlrj_e48d91bb",
         "grafana.com/docs/grafana/latest/administration/service-accounts"),
    Form("Grafana, legacy API key", r"\beyJrIjoi[\w+/=-]{20,}", "%s",
         "eyJrIjoi" "T0tTcG1pUlY2RnVKZTFVaDFsNFZXdE9ZWmNrMkZYbk",
         "grafana.com/docs/grafana/latest/developers/http_api/authentication"),
    Form("Telegram", r"\b\d{8,10}:AA[\w-]{32,33}(?![\w-])", "the bot %s", "110201543:" "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1",
         "core.telegram.org/bots/features#botfather"),
    Form("Matrix", r"\b(?:syt_|mct_|mcr_)\w{16,}", "%s", "syt_" "Zmx1eA_jKxYzAbCdEfGhIjKlMnO_3u1PqR",
         "spec.matrix.org/latest/client-server-api/#using-access-tokens"),
    Form("Vault", r"\b(?:hvs|hvb|hvr)\.[\w-]{10,}", "%s", "hvs." "CAESIJ3d5h2l9a1b2c3d4e5f6g7h8i9j0Gh4KHGh2cy5",
         "developer.hashicorp.com/vault/docs/concepts/tokens"),
    Form("Docker Hub", r"\b(?:dckr_pat_|dckr_oat_)[\w-]{10,}", "%s", "dckr_" "pat_a1b2c3d4e5f6g7h8i9j0a1b2c3d",
         "docs.docker.com/security/access-tokens"),
    Form("JFrog", r"\b(?:AKCp\w{40,}|cmVmdGtu[\w+/=]{30,})", "%s",
         "cmVmdGtu" "OjAxOjE3ODk2NTQzMjE6YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo",
         "jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens"),
    Form("DigitalOcean", r"\b(?:dop_v1_|doo_v1_|dor_v1_)[0-9a-f]{20,}", "%s", "dop_v1_" + _HEX,
         "docs.digitalocean.com/reference/api/create-personal-access-token"),
    Form("npm", r"\bnpm_\w{20,}", "%s", "npm_" "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789",
         "docs.npmjs.com/about-access-tokens"),
    Form("age", r"\bAGE-(?:SECRET-KEY|PLUGIN-[A-Z0-9]+)-[A-Z0-9-]{10,}", "%s",
         "AGE-SECRET-KEY-1" "QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ",
         "github.com/FiloSottile/age#readme"),
    Form("JWT", r"\beyJ[\w-]{5,}\.[\w.-]{10,}", "%s",
         "eyJhbGciOiJSUzI1NiJ9." "eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "rfc-editor.org/rfc/rfc7519"),
    Form("dockerconfigjson", r"\b(?:eyJhdXRocyI6|eyAiYXV0aHMi|ewogICJhdXRocyI|ewoJImF1dGhzI)[\w+/=-]{10,}",
         ".dockerconfigjson %s", "eyJhdXRocyI6" "eyJnaGNyLmlvIjp7ImF1dGgiOiJkWE5sY2pwd1lYTnoifX19",
         "kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets"),
)  # fmt: skip

_ENDS = r"[^\s'\"<>]+"  # the rest of a URL
_PATHS = (
    Form("Slack webhook", rf"(hooks\.slack(?:-gov)?\.com/\w+/){_ENDS}",
         "https://hooks.slack.com/services/%s", "T00000000/B00000000/" + _X24,
         "docs.slack.dev/messaging/sending-messages-using-incoming-webhooks", r"\1***"),
    Form("Discord webhook", rf"(discord(?:app)?\.com/api/(?:v\d+/)?webhooks/){_ENDS}",
         "https://discord.com/api/v10/webhooks/223704706495545344/%s",
         "3d89bb7572e0fb30d8128367b3b1b44fecd1726" "de135cbe28a41f8b2f777c372ba2939e72279",
         "discord.com/developers/docs/resources/webhook", r"\1***"),
    Form("Teams connector", rf"((?:webhook\.office\.com/\w+|outlook\.office(?:365)?\.com/webhook)/){_ENDS}",
         "https://acme.webhook.office.com/webhookb2/%s", _UUID + "@abc/IncomingWebhook/" + _X24,
         "learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook",
         r"\1***"),
    Form("Teams connector, old", rf"(outlook\.office(?:365)?\.com/webhook/){_ENDS}",
         "https://outlook.office.com/webhook/%s", _UUID + "@abc/IncomingWebhook/" + _X24,
         "learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook",
         r"\1***"),
    Form("Teams workflow", r"((?:logic\.azure\.com|api\.powerplatform\.com)\S{0,300}?[?&]sig=)[^\s'\"&]+",
         "https://prod-12.westeurope.logic.azure.com:443/workflows/0abc/triggers/manual/paths/invoke?"
         "api-version=2016-06-01&sp=%%2Ftriggers&sv=1.0&sig=%s", _B64,
         "support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams",
         r"\1***"),
    Form("Telegram bot API", rf"(api\.telegram\.org/(?:file/)?bot){_ENDS}",
         "https://api.telegram.org/bot%s/sendMessage", "123456:" "ABC-DEF1234ghIkl-zyx57W2v1u123ew11",
         "core.telegram.org/bots/api#making-requests", r"\1***"),
    Form("Lark and Feishu bot", rf"(/open-apis/bot/(?:v2/)?hook/){_ENDS}",
         "https://open.feishu.cn/open-apis/bot/v2/hook/%s", _UUID,
         "open.larksuite.com/document/client-docs/bot-v3/add-custom-bot", r"\1***"),
    Form("Rocket.Chat and Mattermost webhook", r"(/hooks/)\w{16,}[^\s'\"<>]*",
         "https://chat.example.com/hooks/%s", "64f1c0ffee64f1c0ffee64f1/" + _X24,
         "docs.rocket.chat/docs/integrations", r"\1***"),
    Form("Incoming webhook", rf"((?:hooks\.zapier\.com/hooks/catch|maker\.ifttt\.com/trigger/[\w/]{{1,99}}with/key|/webhooks/incoming)/){_ENDS}",
         "https://webexapis.com/v1/webhooks/incoming/%s", _X24,
         "developer.webex.com/docs/api/v1/webhooks", r"\1***"),
    Form("Receiver of Flux", r"(/hook/)[0-9a-f]{64}",
         "Receiver initialized for path: /hook/%s", _HEX,
         "fluxcd.io/flux/components/notification/receivers/#webhook-path", r"\1***"),
    Form("PagerDuty", r"(events(?:\.eu)?\.pagerduty\.com/(?:integration|x-ere|generic)/)[^/\s'\"]+",
         "https://events.pagerduty.com/integration/%s/enqueue", "e93facc04764012d7" "bfb002500d5d1a6",
         "developer.pagerduty.com/docs/events-api-v2", r"\1***"),
    Form("Grafana OnCall", rf"(/integrations/v\d/\w+/)(?=[\w-]*\d){_ENDS}",
         "https://oncall-prod.grafana.net/oncall/integrations/v1/alertmanager/%s/", "a1B2c3D4e5F6" "g7H8i9J0",
         "grafana.com/docs/oncall/latest/configure/integrations", r"\1***"),
)  # fmt: skip

_LOGINS = (
    Form("Scheme of a header", r"\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Tt]oken|TOKEN)\s{1,9}\\*[\"'`]?)[\w.~+/=-]{16,}",
         "rejected Bearer %s", "c0rrecth0rse" "batterystaple", "rfc-editor.org/rfc/rfc6750", r"\1***"),
    Form("Short bearer token", r"\b((?:[Bb]earer|BEARER)\s{1,9}\\*[\"'`]?)(?=[\w.~+/=-]{0,20}\d)[\w.~+/=-]{6,}",
         "Bearer %s was rejected", "c0rrect" "h0rse", "rfc-editor.org/rfc/rfc6750", r"\1***"),
    Form("Login of an address without a scheme", r"(\b(?:parse|lookup) \\*[\"']?)[^\s\"'@/]{1,200}:[^\s\"'@/]{1,200}@", 'parse "app:%s@git.example.com": first path segment in URL cannot contain colon',
         "c0rrect" "h0rse", "pkg.go.dev/net/url#Parse", r"\1***@"),
    # An '@' before a digest, or after a port and a path, does not end a login.
    Form("User in a URL", r"(://)[^/\s'\"]+@(?!sha\d)", "https://%s@git.example.com/a.git",
         "x-token" "-auth", "rfc-editor.org/rfc/rfc3986#section-3.2.1", r"\1***@"),
    Form("Password in a URL", r"(://)[^/\s:@'\"]{0,100}:(?!\d+/)(?:[^\s'\":]|:(?!//))*@(?!sha\d)",
         "postgres://app:%s@db.example.com:5432/app", "p/ss" "w0rd",
         "rfc-editor.org/rfc/rfc3986#section-3.2.1", r"\1***@"),
    Form("Login of a server without a scheme", r"(--(?:kube-)?server[= ])(?!\w{1,9}://)[^/\s'\"@]{1,300}@", "kubectl --server=%s@10.0.0.1:6443 get ns",
         "app:c0rrect" "h0rse", "kubernetes.io/docs/reference/kubectl/generated/kubectl", r"\1***@"),
    Form("User in an encoded URL", r"(%3A%2F%2F|%3a%2f%2f)(?:(?!%2[Ff]|%40)[^\s'\"&]){1,300}%40", "to=https%%3A%%2F%%2F%s%%40git.example.com",
         "app%3Ac0rrect" "h0rse", "rfc-editor.org/rfc/rfc3986#section-2.1", r"\1***%40"),
    Form("Cookie", r"\b((?:[Ss]et-)?[Cc]ookie2?\\*[\"']?: ?(?:\[\]string\{|\[)?\\*[\"']?)[\w.-]{1,80}=[^\n\"'\]}]+", "Set-Cookie: sid=%s; HttpOnly",
         "c0rrect" "h0rse", "rfc-editor.org/rfc/rfc6265", r"\1***"),
    Form("Login of curl", r"(\s(?:-u|--user)[ =]\\*['\"]?)(?!\d+:)[\w.@+-]{1,80}:[^\s'\"]+", "curl -u app:%s https://git.example.com",
         "c0rrect" "h0rse", "curl.se/docs/manpage.html#-u", r"\1***"),
    Form("Password as an option", r"((?:login|mysql|mysqldump|sshpass)\b[^\n]{0,200}? -p ?)(?![\s-])[^\s'\"]+", "helm registry login -u app -p %s ghcr.io",
         "c0rrect" "h0rse", "helm.sh/docs/helm/helm_registry_login", r"\1***"),
    Form("Login of a .netrc", r"(\blogin\s{1,9}\S{1,100}\s{1,9}password\s{1,9})\S+", "machine git.example.com login app password %s",
         "c0rrect" "h0rse", "gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html", r"\1***"),
    Form("Value of a new Secret", r"(--from-literal[ =]\\*['\"]?[\w.-]{1,253}=)(?!<|\$)[^\s'\"]+", "--from-literal=level=%s",
         "c0rrect" "h0rse", "kubernetes.io/docs/reference/kubectl/generated/kubectl_create/kubectl_create_secret_generic", r"\1***"),
    Form("Token in a sentence", r"\b([Tt]oken \\*['\"`])(?=[\w.~+/=-]{0,99}\d)[\w.~+/=-]{16,}(?=\\*['\"`])", "invalid token '%s'",
         "0123456789abcdef" "0123", "rfc-editor.org/rfc/rfc6750", r"\1***"),
    Form("Login of a MySQL address", r"(?<![\w:/.-])[\w.-]{1,80}:[^\s@/'\"]{1,300}(@tcp\(|@udp\(|@unix\()",
         "app:%s@tcp(db.example.com:3306)/app", "hunter2" "-c0rrect",
         "github.com/go-sql-driver/mysql#dsn-data-source-name", r"***\1"),
)  # fmt: skip

_KEYS = (
    Form("Private key", r"-----BEGIN [A-Z0-9 ]{0,60}(?:PRIVATE KEY|NKEY SEED)[A-Z ]{0,20}-----[\s\S]*?(?:-----END [A-Z0-9 ]*-----|\Z)",
         "-----BEGIN RSA PRIVATE " "KEY-----\n%s\n-----END RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA" "x1y2z3",
         "rfc-editor.org/rfc/rfc7468"),
    Form("Private key without its beginning", r"(?<![\w+/=])(?:[\w+/=]{16,}(?:\s{1,2}|\\+n)){1,200}[\w+/=]{0,99}(?:\s{0,2}|\\+n)(?=-----END [A-Z0-9 ]{0,60}PRIVATE KEY)",
         "%s\n-----END PRIVATE KEY-----", "MIIEpAIBAAKCAQEA" "x1y2z3", "rfc-editor.org/rfc/rfc7468", "***\n"),
    Form("Password in base64",
         r"(?:cGFzc3dvcm|Bhc3N3b3Jk|wYXNzd29yZ|UEFTU1dPUk|BBU1NXT1JE|QQVNTV09SR|dG9rZW|Rva2Vu|0b2tlb|c2VjcmV0|NlY3Jld|zZWNyZX)[\w+/=-]{6,}",
         "the data %s", "cGFzc3dvcmQ9" "aHVudGVyMi1jMHJyZWN0", "rfc-editor.org/rfc/rfc4648"),
    Form("Private key in base64", r"\bLS0tLS1CRUdJTi(?!BDRVJUSUZJQ0FUR|BQVUJMSUMg)[\w+/=]{20,}",
         "tls.key %s", "LS0tLS1CRUdJTi" "BQUklWQVRFIEtFWS0tLS0tCk1JSUV2UUlCQURBTg",
         "kubernetes.io/docs/concepts/configuration/secret/#tls-secrets"),
)  # fmt: skip

_Q = r'\\*"'  # JSON in JSON has escaped quotes
_TO_QUOTE = r'(?:[^"\\\n]|\\+[^"\\])+'
_DUMPS = (
    Form("Data of a Secret or ConfigMap in Go",
         r"\b(?:Data|StringData|BinaryData):\s*map\[string\](?:string|\[\](?:uint8|byte))\{",
         'core.Secret{Data:map[string][]uint8{"a":[]uint8{0x1}, "b":"%s"}}', "c0rrect" "-h0rse",
         "pkg.go.dev/fmt#hdr-Printing", balanced=True),
    Form("Data of a Secret or ConfigMap in a Go map",
         r"\b(?:data|stringData|binaryData):map\[", "map[data:map[a:%s] kind:Secret]", "c0rrect" "-h0rse",
         "pkg.go.dev/fmt#hdr-Printing", balanced=True),
    Form("Data of a Secret or ConfigMap in JSON",
         r'\\*"(?:data|stringData|binaryData)\\*":\s*\{', '{"data":{"a":"%s"},"kind":"Secret"}', "c0rrect" "-h0rse",
         "kubernetes.io/docs/concepts/configuration/secret", balanced=True),
    Form("Environment in JSON", rf'({_Q}name{_Q}:\s{{0,9}}{_Q}[^"\\]*{_Q},\s{{0,9}}{_Q}value{_Q}:\s{{0,9}}{_Q}){_TO_QUOTE}',
         '"env":[{"name":"LEVEL","value":"%s"}]', "c0rrect" "-h0rse",
         "kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#envvar-v1-core", r"\1***"),
    Form("Environment in Go", rf'(\bName:\s{{0,9}}{_Q}[^"\\]*{_Q},\s{{0,9}}Value:\s{{0,9}}{_Q}){_TO_QUOTE}',
         'Env:[]core.EnvVar{core.EnvVar{Name:"LEVEL", Value:"%s"}}', "c0rrect" "-h0rse",
         "pkg.go.dev/k8s.io/api/core/v1#EnvVar", r"\1***"),
    Form("Environment in a Go map", r"(\bname:[^\s\]]{1,200} value:)[^\]]+",
         "map[name:LEVEL value:%s]", "c0rrect" "-h0rse", "pkg.go.dev/fmt#hdr-Printing", r"\1***"),
    Form("Environment in YAML", r"(\bname: {0,9}[^\s\\]{1,200} {0,9}(?:\n|\\+n) {0,99}value: {0,9})[^\s\\][^\n\\]*",
         "env:\n- name: LEVEL\n  value: %s\n", "c0rrect" "-h0rse",
         "kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container", r"\1***"),
    Form("Environment of a Kubernetes object in Go", r"(\bName:[^\s,\"]{0,253},\s?Value:)[^,}\n]+",
         "&Container{Env:[]EnvVar{EnvVar{Name:LEVEL,Value:%s,ValueFrom:nil,},},}", "c0rrect" "-h0rse",
         "pkg.go.dev/k8s.io/api/core/v1#EnvVar.String", r"\1***"),
    Form("Environment in a text of protobuf", rf'(\bname:\s?{_Q}[^"\\\n]*{_Q}\s{{1,9}}value:\s?{_Q}){_TO_QUOTE}',
         'env:{name:"LEVEL"  value:"%s"}', "c0rrect" "-h0rse", "protobuf.dev/reference/protobuf/textformat-spec", r"\1***"),
    Form("Environment in JSON, the value first", rf"({_Q}value{_Q}:\s{{0,9}}{_Q}){_TO_QUOTE}(?={_Q},\s{{0,9}}{_Q}name{_Q}:)",
         '{"value":"%s","name":"LEVEL"}', "c0rrect" "-h0rse",
         "kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#envvar-v1-core", r"\1***"),
    Form("Environment in YAML, the value first", r"(- value: {0,9})[^\s\\][^\n\\]*(?=(?:\n|\\+n) {1,99}name: )",
         "env:\n- value: %s\n  name: LEVEL\n", "c0rrect" "-h0rse",
         "kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container", r"\1***"),
    Form("Data of a Secret or ConfigMap in YAML",
         r"((?:\A|\n|\\+n|[\s\"'(])(?:data:|stringData:|binaryData:))(?=(?:\n|\\+n) {1,99}[\w.-]{1,253}:)(?:(?:\n|\\+n) {1,99}(?:[^\n\\]|\\+(?![\\n]))+)+",
         "kind: Secret\ndata:\n  level: %s\n", "c0rrect" "-h0rse",
         "kubernetes.io/docs/concepts/configuration/secret", r"\1 ***"),
    Form("Invalid environment", rf"(\benv\[\d+\]\.value: Invalid value: {_Q}){_TO_QUOTE}",
         'spec.containers[0].env[0].value: Invalid value: "%s": must be a number', "c0rrect" "-h0rse",
         "pkg.go.dev/k8s.io/apimachinery/pkg/util/validation/field#Invalid", r"\1***"),
)  # fmt: skip

FORMS = (*_KEYS, *_LOGINS, *_DUMPS, *_PATHS, *_TOKENS)
"""All forms, in the order in which they are replaced."""
