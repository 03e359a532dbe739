"""Image automation end to end: from the image that a policy chooses to the commit."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from fluxstatus.model.evidence import Answer, Incomplete, Object, Read
from fluxstatus.model.findings import Finding, Level
from tests.builders import FORBIDDEN, HEALTHY, evidence, flux, found, minutes, source, stamp

NEW, OLD = ({"name": "ghcr.io/acme/app", "tag": tag} for tag in ("1.1.0", "1.0.0"))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def _controllers() -> list[Object]:
    """Return a healthy Flux with the image controllers, which are like another one."""
    model = "notification-controller"
    like = [one for one in HEALTHY if one["metadata"]["name"].startswith(model)]
    names = ("image-automation-controller", "image-reflector-controller")
    text = json.dumps(like)
    return [*HEALTHY, *(one for name in names for one in json.loads(text.replace(model, name)))]


FLUX = _controllers()


def policy(name: str = "app", *, previous: Object | None = OLD, **more: Any) -> Object:
    """Return an ImagePolicy that moved from *previous* to the new image an hour ago."""
    status = {"latestRef": NEW} | ({"observedPreviousRef": previous} if previous else {})
    conditions = {
        "Ready": "True Succeeded: Latest image tag for ghcr.io/acme/app resolved to 1.1.0"
    }
    return flux("ImagePolicy", name, conditions, **{"age": HOUR, "status": status, **more})


def automation(
    name: str = "bot", *, pushed: bool = True, used: Object | None = NEW, **more: Any
) -> Object:
    """Return an automation every 10 minutes whose last run *used* this image of policy "app"."""
    status: Object = {"lastAutomationRunTime": stamp(minutes(1))}
    status |= {"lastPushTime": stamp(HOUR), "lastPushCommit": "abc"} if pushed else {}
    status |= {"observedPolicies": {"app": used}} if used else {}
    spec = {
        "interval": "10m",
        "sourceRef": {"kind": "GitRepository", "name": "git"},
        "git": {"push": {}, "commit": {"author": {"email": "bot@acme.internal"}}},
    } | more.pop("spec", {})
    conditions = {"Ready": "True Succeeded: repository up-to-date"}
    return flux(
        "ImageUpdateAutomation",
        name,
        conditions,
        spec=spec,
        status=status,
        **{"born": 60 * DAY, **more},
    )


def git(name: str = "git", **spec: Any) -> Object:
    """Return a GitRepository."""
    url = "https://git.acme.internal/app.git"
    return source(name, spec={"url": url, "ref": {"branch": "main"}, **spec})


def judged(*objects: Object, **more: Any) -> dict[str, Finding]:
    """Return the findings about image automation by code."""
    known = found("reconcilers", evidence(*FLUX, *objects, **more))
    return {one.code: one for one in known if one.code.startswith("image-update")}


@pytest.mark.parametrize(
    "objects",
    [
        [git(), policy(), automation()],
        [git(), policy(previous=None), automation(pushed=False)],
        [git(), policy(age=minutes(1)), automation(used=OLD)],
        [git(), policy(), automation(used=OLD, spec={"suspend": True})],
        [git(), policy(spec={"suspend": True}), automation(used=OLD)],
        [git(), policy(), automation(used=None, pushed=False)],
        [git(), policy(born=90 * DAY), automation(pushed=False)],
        [git(), policy(), automation(pushed=False), automation("other")],
        [git(), automation(used=None)],
        [git(), policy("b/c"), automation(used=None, born=minutes(1), age=minutes(1))],
    ],
    ids=[
        "pushed", "first image", "a minute ago", "suspended", "suspended policy", "unknown",
        "policy is older", "another one pushed", "no policy at all", "young",
    ],
)  # fmt: skip
def test_no_false_alarm(objects: list[Object]) -> None:
    """Nothing is said while the chain works, is suspended, in progress or unknown."""
    assert judged(*objects) == {}


def test_never_pushed() -> None:
    """The policy moved and the automation used the new image, but has never pushed a commit."""
    known = judged(git(), policy(), automation(pushed=False))
    [finding] = known.values()
    assert (finding.code, finding.level) == ("image-update-never-pushed", Level.WARN)
    assert "ghcr.io/acme/app:1.0.0 to ghcr.io/acme/app:1.1.0" in finding.why
    assert [ref.kind for ref in finding.objects] == ["ImageUpdateAutomation", "ImagePolicy"]
    [command] = [c for one in finding.hints for c in one.commands if c.argv[0] == "git"]
    assert command.argv[-1] == '{"$imagepolicy": "apps:app'


@pytest.mark.parametrize("used", [OLD, {"name": "x", "tag": "1"}])
def test_the_latest_image_was_not_used(used: Object) -> None:
    """An automation whose last run had another image, long after the policy chose this one."""
    [finding] = judged(git(), policy(), automation(used=used)).values()
    assert (finding.code, finding.level) == ("image-update-behind", Level.WARN)
    assert "ghcr.io/acme/app:1.1.0" in finding.why


def test_an_automation_that_has_just_been_resumed() -> None:
    """The time that an automation has starts when its spec was last changed."""
    fields = {"fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    ages = (minutes(2), HOUR)
    codes = []
    for ago in ages:
        entry = {"manager": "flux", "operation": "Update", "time": stamp(ago), **fields}
        bot = automation(used=OLD, generation=2, observed=2, managedFields=[entry])
        codes.append(list(judged(git(), policy(), bot)))
    assert codes == [[], ["image-update-behind"]]


def test_a_policy_that_was_perhaps_just_selected() -> None:
    """An automation does not run when the labels of a policy change: it has its interval."""
    selector = {"policySelector": {"matchLabels": {"team": "a"}}}
    chosen, other = (policy(name, labels={"team": "a"}) for name in ("new", "app"))
    assert judged(git(), chosen, other, automation(spec=selector)) == {}
    assert judged(git(), chosen, other, automation(used=OLD, spec=selector)) != {}


def test_a_failing_automation_has_its_own_cause() -> None:
    """Where the automation fails, that is the finding, and nothing else is said about it."""
    bot = automation(used=OLD)
    bot["status"]["conditions"][0] |= {"status": "False", "reason": "GitOperationFailed"}
    assert judged(git(), policy(), bot).keys() & {"image-update-behind"} == set()


@pytest.mark.parametrize("selector", [{}, {"policySelector": {"matchLabels": {"team": "b"}}}])
def test_no_policy(selector: Object) -> None:
    """An automation without a policy in its namespace that its selector takes updates nothing."""
    other = policy("other/app")
    labelled = [policy(labels={"team": "a"})] if selector else []
    [finding] = judged(git(), other, *labelled, automation(used=None, spec=selector)).values()
    assert finding.code == "image-update-no-policy"


def test_policies_that_were_not_read() -> None:
    """A forbidden list of policies says nothing about whether there are any."""
    unread = {"imagepolicies.image.toolkit.fluxcd.io": FORBIDDEN}
    assert judged(git(), automation(used=None), unread=unread) == {}


CHECKOUT = {"checkout": {"ref": {"branch": "develop"}}}


def test_a_branch_that_nothing_reads() -> None:
    """The automation changes the branch that it checks out, and no source here reads that."""
    [finding] = judged(git(), policy(), automation(spec={"git": CHECKOUT})).values()
    assert finding.code == "image-update-branch"
    assert '"develop"' in finding.title
    assert '"main"' in finding.title


GITS = "gitrepositories.source.toolkit.fluxcd.io"


@pytest.mark.parametrize("some", [Read, partial(Incomplete, FORBIDDEN)])
def test_a_branch_that_may_be_read_elsewhere(some: Callable[..., Answer]) -> None:
    """A GitRepository in a namespace that was not read may read the branch."""
    known = evidence(*FLUX, git(), policy(), automation(spec={"git": CHECKOUT}))
    answer = some(known.answers[GITS].known, namespaces=("apps",))
    limited = replace(known, answers={**known.answers, GITS: answer})
    codes = [{one.code for one in found("reconcilers", each)} for each in (known, limited)]
    assert "image-update-branch" in codes[0] - codes[1]


@pytest.mark.parametrize(
    ("spec", "more"),
    [
        (CHECKOUT | {"push": {"branch": "image-updates"}}, []),
        (CHECKOUT | {"push": {"refspec": "refs/heads/develop:refs/heads/auto"}}, []),
        ({"checkout": {"ref": {"branch": "main"}}}, []),
        ({"push": {"branch": "image-updates"}}, []),
        (CHECKOUT, [git("two", ref={"branch": "develop"})]),
        (
            CHECKOUT,
            [git("two", url="git@git.acme.internal:app", ref={"name": "refs/heads/develop"})],
        ),
        (
            CHECKOUT,
            [git("two", url="ssh://git@ssh.acme.internal:443/App.git", ref={"branch": "develop"})],
        ),
        (CHECKOUT, [git("two", ref={"tag": "v1"})]),
    ],
)
def test_a_branch_that_may_be_right(spec: Object, more: list[Object]) -> None:
    """Pull requests, another source that reads the branch, and tags are no fault."""
    assert judged(git(), policy(), automation(spec={"git": spec}), *more) == {}
