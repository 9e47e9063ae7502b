"""The requests of clients that no package registry has, as they put them on the wire: two
generations of the Node client, and those for Android and Swift."""

import base64
import http.client
import json
import urllib.parse

from checks import CONTROL, KEY, LIMITED_URL, ORGANIZATION, PROJECT, TREATED, URL, WRONG_KEY, check, equal

PATH = f"/v1/{ORGANIZATION}/projects/{PROJECT}/optimization/choose-api"


def basic(key):
    return {"Authorization": "Basic " + base64.b64encode(key.replace(".", ":", 1).encode()).decode()}


NODE = {**basic(KEY), "X-Intempt-Lib": "intempt-node/2.0.0", "Connection": "keep-alive"}
AXIOS = {"Accept": "application/json, text/plain, */*", "User-Agent": "axios/1.21.1"}
AXIOS["Accept-Encoding"] = "gzip, compress, deflate, br"


def ask(body, headers=NODE, query="", url=URL):
    """Returns status, headers and the decoded body of an answer."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=10)
    headers = {"Content-Type": "application/json", **headers}
    connection.request("POST", PATH + query, body if isinstance(body, str) else json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.headers, json.loads(text)


def bodies(answer):
    status, _, decoded = answer
    equal(status, 200)
    return {choice["name"]: (choice["group"], choice["body"]) for choice in decoded["choices"]}


def refused(answer, status):
    equal(answer[0], status)
    equal(isinstance(answer[2]["errors"][0]["message"], str), True)


user = {"userId": TREATED, "sourceId": "1234567890123456789"}
title = {"checkout-title": ("checkout", "Welcome back")}
checkout = {**title, "new-nav": ("checkout", True)}
by_key = "?" + urllib.parse.urlencode({"apiKey": KEY})

with check("found"):
    node = {"identification": user, "names": ["checkout-title"], "optimizationType": "experiment", "device": "all"}
    equal(bodies(ask(node)), title)
    profile = {**node, "identification": {"profileId": TREATED, "sourceId": "1234567890123456789"}}
    equal(bodies(ask(profile, AXIOS, by_key)), title)
    number = json.dumps(profile).replace('"1234567890123456789"', "1234567890123456789")
    equal(bodies(ask(number, AXIOS, by_key)), title)
    android = {"identification": user, "name": ["checkout-title"], "optimizationType": "experiment", "device": "mobile"}
    equal(bodies(ask(android, {}, by_key)), title)
    swift = {"identification": user, "device": "mobile", "names": ["checkout-title"], "sessionId": "s-1"}
    equal(bodies(ask(swift, basic(KEY))), title)
with check("no payload"):
    control = {**node, "identification": {"userId": CONTROL}}
    equal(bodies(ask(control)), {"checkout-title": ("checkout", None)})
with check("not shown"):
    equal(bodies(ask({**node, "names": ["premium"]})), {})
    equal(bodies(ask({**node, "optimizationType": "personalization"})), {})
with check("unknown"):
    equal(bodies(ask({**node, "names": ["nobody"]})), {})
    refused(ask({**node, "names": ["no.name"]}), 400)
with check("group"):
    group = {"identification": user, "groups": ["checkout"], "optimizationType": "experiment", "device": "mobile"}
    equal(bodies(ask(group)), checkout)
    equal(bodies(ask(group, AXIOS, by_key)), checkout)
    equal(bodies(ask({**android, "name": [], "group": ["checkout"]}, {}, by_key)), checkout)
    equal(bodies(ask({**group, "groups": ["nobody"]})), {})
with check("no id"):
    for identification in ({"sourceId": "1234567890123456789"}, {"userId": ""}, {}):
        answer = ask({**node, "identification": identification})
        refused(answer, 400)
        equal(answer[2], {"errors": [{"message": "Identification is required"}]})
with check("bulk"):
    offer = {"percent": 50, "text": "Hi there"}
    everything = {**checkout, "price": ("", 9.5), "offer": ("", offer)}
    equal(bodies(ask({"identification": user, "device": "all"})), everything)
with check("context"):
    premium = {**node, "names": ["premium"], "attributes": {"plan": "premium"}, "url": "https://shop.example/"}
    equal(bodies(ask(premium)), {"premium": ("", {"plan": "premium"})})
    equal(bodies(ask({**premium, "attributes": {"plan": "free"}})), {})
with check("wrong key"):
    for headers, query in ((basic(WRONG_KEY), ""), (AXIOS, by_key + "x"), ({}, "")):
        answer = ask(node, headers, query)
        refused(answer, 401)
with check("429"):
    equal(ask(node, url=LIMITED_URL)[0], 200)
    answer = ask(node, url=LIMITED_URL)
    refused(answer, 429)
    equal(int(answer[1]["Retry-After"]) > 0, True)
