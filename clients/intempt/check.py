"""The published Python client of the choose endpoint."""

from checks import CONTROL, KEY, LIMITED_URL, ORGANIZATION, PROJECT, TREATED, URL, WRONG_KEY, check, equal
from intempt import FlagContext, Intempt, IntemptConfigError


def client(url=URL, key=KEY):
    scheme, _, host = url.partition("://")
    return Intempt(
        org=ORGANIZATION, project=PROJECT, api_key=key, source_id="1234567890123456789", host=host, scheme=scheme
    )


treated = FlagContext(user_id=TREATED, session_id="s-1")
control = FlagContext(user_id=CONTROL)

with client() as c:
    with check("found"):
        equal(c.string_variation("checkout-title", treated, "Hello"), "Welcome back")
        equal(c.bool_variation("new-nav", treated, False), True)
        equal(c.number_variation("price", treated, 1.0), 9.5)
        equal(c.json_variation("offer", treated, {}), {"percent": 50, "text": "Hi there"})
        equal(c.variation("checkout-title", FlagContext(profile_id=TREATED), "Hello"), "Welcome back")
    with check("no payload"):
        equal(c.variation("checkout-title", control, "Hello"), "Hello")
        equal(c.json_variation("offer", control, {"percent": 0}), {"percent": 0})
        equal(c.bool_variation("new-nav", control, True), False)
    with check("not shown"):
        equal(c.variation("premium", treated, "none"), "none")
    with check("unknown"):
        equal(c.variation("nobody", treated, "none"), "none")
    with check("no id"):
        try:
            c.variation("checkout-title", FlagContext(session_id="s-1"), "Hello")
        except IntemptConfigError:
            pass
        else:
            raise AssertionError("no IntemptConfigError")
    with check("bulk"):
        equal(
            c.all_flags(treated),
            {
                "checkout-title": "Welcome back",
                "new-nav": True,
                "price": 9.5,
                "offer": {"percent": 50, "text": "Hi there"},
            },
        )
        equal(c.all_flags(control), {"new-nav": False, "price": 10.5})
    with check("context"):
        equal(c.number_variation("price", control, 1.0), 10.5)
        equal(c.number_variation("price", treated, 1.0), 9.5)

with client(key=WRONG_KEY) as c, check("wrong key"):
    equal(c.variation("checkout-title", treated, "Hello"), "Hello")
    equal(c.all_flags(treated), {})

with client(url=LIMITED_URL) as c, check("429"):
    equal(c.variation("checkout-title", treated, "Hello"), "Welcome back")
    equal(c.variation("checkout-title", treated, "Hello"), "Hello")
