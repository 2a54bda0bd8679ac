"""Function URLs in browsers: CORS, and origins apart."""

import json

import requests
from function_urls import by_name, by_path, create, echo  # noqa: F401


PAGE = {"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site"}


def preflight(server, url, origin="https://page.example", method="PUT", headers="x-a"):
    return requests.options(by_path(server, url), headers={
        "Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers})


def test_without_rules_the_function_speaks_for_itself(server, api, echo):
    url = create(api, echo)
    assert requests.get(by_path(server, url), headers=PAGE).status_code == 200
    assert preflight(server, url).json()["requestContext"]["http"]["method"] == "OPTIONS"
    response, _ = by_name(
        server, url, "POST", "/answer",
        json.dumps({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}).encode(),
        {**PAGE, "Content-Type": "application/json"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    # The rest of the server is closed to the page as ever.
    assert requests.get(server.url + "/2015-03-31/functions/", headers=PAGE).status_code == 403


def test_rules_are_the_platform_s_affair(server, api, echo):
    url = create(api, echo, Cors={
        "AllowOrigins": ["https://page.example"], "AllowMethods": ["PUT", "GET"], "AllowHeaders": ["x-a", "x-b"],
        "ExposeHeaders": ["x-c"], "AllowCredentials": True, "MaxAge": 60})
    answer = preflight(server, url)
    assert answer.status_code == 200 and answer.content == b""
    allowed = {name: value for name, value in answer.headers.items() if name.startswith("Access-Control")}
    assert allowed == {
        "Access-Control-Allow-Origin": "https://page.example", "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "PUT,GET", "Access-Control-Allow-Headers": "x-a,x-b",
        "Access-Control-Max-Age": "60",
    }
    assert "Access-Control-Allow-Origin" not in preflight(server, url, "https://other.example").headers

    own = json.dumps({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://evil.example"}}).encode()
    response, _ = by_name(server, url, "POST", "/answer", own, {**PAGE, "Content-Type": "application/json"})
    assert response.headers.get_all("Access-Control-Allow-Origin") == ["https://page.example"]
    assert response.headers["Access-Control-Expose-Headers"] == "x-c" and response.headers["Vary"] == "Origin"
    response, _ = by_name(
        server, url, "POST", "/answer", own, {"Origin": "https://other.example", "Content-Type": "application/json"})
    assert "Access-Control-Allow-Origin" not in response.headers
    api.update_function_url_config(FunctionName=echo, Cors={"AllowOrigins": ["*"], "AllowMethods": ["*"]})
    assert preflight(server, url).headers["Access-Control-Allow-Origin"] == "*"
    assert preflight(server, url).headers["Access-Control-Allow-Methods"] == "*"
    api.update_function_url_config(FunctionName=echo, AuthType="AWS_IAM")
    assert preflight(server, url).status_code == 200
    # A page may read why it was refused.
    answer = requests.get(by_path(server, url), headers=PAGE)
    assert answer.status_code == 403 and answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_page_by_its_path_has_no_part_in_the_origin_of_the_platform(server, api, echo):
    url = create(api, echo)
    assert requests.get(by_path(server, url)).headers["Content-Security-Policy"].startswith("sandbox ")
