"""OpenFeature's Python SDK with its OFREP provider."""

from checks import CONTROL, KEY, LIMITED_URL, TREATED, URL, WRONG_KEY, check, equal
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason


def client(domain, url=URL, headers=None):
    headers = headers or {"Authorization": f"Bearer {KEY}"}
    api.set_provider(OFREPProvider(url, headers_factory=lambda: headers), domain)
    return api.get_client(domain)


def details(got, value, reason, variant=None, error=None):
    equal(got.value, value)
    equal(got.reason, reason)
    equal(got.variant, variant)
    equal(got.error_code, error)


treated = EvaluationContext(TREATED)
control = EvaluationContext(CONTROL)
premium = EvaluationContext(TREATED, {"plan": "premium", "url": "https://shop.example/", "device": "mobile"})
c = client("main")

with check("found"):
    got = c.get_string_details("checkout-title", "Hello", treated)
    details(got, "Welcome back", Reason.SPLIT, "friendly")
    equal(got.flag_metadata, {"experiment": "checkout-title", "reason": "assigned"})
    details(c.get_boolean_details("new-nav", False, treated), True, Reason.SPLIT, "on")
    details(c.get_float_details("price", 1.0, treated), 9.5, Reason.SPLIT, "lower")
    offer = {"percent": 50, "text": "Hi there"}
    details(c.get_object_details("offer", {}, treated), offer, Reason.SPLIT, "half")
    by_header = client("header", headers={"X-API-Key": KEY})
    details(by_header.get_boolean_details("new-nav", False, treated), True, Reason.SPLIT, "on")
with check("no payload"):
    details(c.get_string_details("checkout-title", "Hello", control), "Hello", Reason.SPLIT, "control")
    details(c.get_object_details("offer", {"percent": 0}, control), {"percent": 0}, Reason.SPLIT, "control")
    details(c.get_boolean_details("new-nav", True, control), False, Reason.SPLIT, "control")
with check("not shown"):
    got = c.get_object_details("premium", {}, treated)
    details(got, {}, Reason.DEFAULT, "")
    equal(got.flag_metadata, {"experiment": "premium", "reason": "not_in_audience"})
with check("unknown"):
    details(c.get_boolean_details("nobody", True, treated), True, Reason.ERROR, error=ErrorCode.FLAG_NOT_FOUND)
with check("no id"):
    got = c.get_boolean_details("new-nav", True, EvaluationContext(attributes={"plan": "premium"}))
    details(got, True, Reason.ERROR, error=ErrorCode.TARGETING_KEY_MISSING)
    got = c.get_boolean_details("new-nav", True)
    details(got, True, Reason.ERROR, error=ErrorCode.TARGETING_KEY_MISSING)
with check("context"):
    details(c.get_object_details("premium", {}, premium), {"plan": "premium"}, Reason.SPLIT, "on")
    details(c.get_object_details("premium", {}, treated), {}, Reason.DEFAULT, "")
    details(c.get_float_details("price", 1.0, control), 10.5, Reason.SPLIT, "control")
with check("wrong key"):
    wrong = client("wrong", headers={"Authorization": f"Bearer {WRONG_KEY}"})
    got = wrong.get_boolean_details("new-nav", False, treated)
    details(got, False, Reason.ERROR, error=ErrorCode.GENERAL)
    equal(got.error_message, "unauthorized")
with check("429"):
    limited = client("limited", url=LIMITED_URL)
    details(limited.get_boolean_details("new-nav", False, treated), True, Reason.SPLIT, "on")
    for message in ("Rate limited, retry after", "OFREP evaluation paused"):
        got = limited.get_boolean_details("new-nav", False, treated)
        details(got, False, Reason.ERROR, error=ErrorCode.GENERAL)
        if not got.error_message.startswith(message):
            raise AssertionError(f"got {got.error_message!r}, want {message!r}")
