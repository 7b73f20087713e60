"""How a call may be worded, and what becomes of one that goes nowhere."""

import json
import socket
from urllib.parse import urlencode

import pytest
import urllib3

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def test_an_urlencoded_form_with_data_as_json_is_taken(sandbox, make):
    form = urlencode({"data": json.dumps([make.event()]), "access_token": "t", "test_event_code": "TEST1"})
    assert sandbox.request("POST", "/v26.0/7/events", form, FORM).json["events_received"] == 1
    assert sandbox.events()[0]["test"] is True


def test_a_multipart_form_is_taken(sandbox, make):
    body, kind = urllib3.encode_multipart_formdata({"data": json.dumps([make.event()]), "access_token": "t"})
    assert sandbox.request("POST", "/v26.0/7/events", body, {"Content-Type": kind}).json["events_received"] == 1
    assert sandbox.events()[0]["payload"]["user_data"] == make.person()


def test_events_as_json_text_in_the_list_are_taken_as_metas_sdk_sends_them(sandbox, make):
    assert sandbox.post(json.dumps(make.event())).status == 200
    assert sandbox.events()[0]["event_id"] == "1001"


@pytest.mark.parametrize("version", ["v21.0", "v26.0", "v27.0"])
def test_any_version_is_served(sandbox, make, version):
    body = {"data": [make.event()], "access_token": "t"}
    assert sandbox.request("POST", f"/{version}/7/events", body).status == 200
    assert sandbox.requests()[0]["version"] == version


def test_a_path_without_a_version_is_refused_and_journalled(sandbox, make):
    answer = sandbox.request("POST", "/7/events", {"data": [make.event()], "access_token": "t"})
    assert answer.refusal == (400, 2635, None)
    assert sandbox.events() == []
    assert [visit["code"] for visit in sandbox.requests()] == [2635]


def test_a_dataset_that_is_no_number_does_not_exist(sandbox, make):
    assert sandbox.post(make.event(), dataset="my-shop").refusal == (404, 803, None)


def test_the_events_edge_can_only_be_posted_to(sandbox):
    assert sandbox.request("GET", "/v26.0/7/events").status == 400
    assert sandbox.request("DELETE", "/v26.0/7/events").error["code"] == 100


@pytest.mark.parametrize("path", ["/", "/v26.0", "/v26.0/7/stats", "/v26.0/7/events/9", "/favicon.ico"])
def test_other_paths_are_errors_in_graphs_shape(sandbox, path):
    assert sandbox.request("GET", path).error["code"] == 2500


def test_a_connection_serves_many_calls(sandbox, make):
    pool = urllib3.HTTPConnectionPool(sandbox.url.removeprefix("http://"), maxsize=1, block=True)
    body = json.dumps({"data": [make.event()], "access_token": "t"})
    for _ in range(20):
        assert pool.request("POST", "/v26.0/7/events", body=body).status == 200
    assert pool.num_connections == 1
    pool.close()


def test_a_body_of_unknown_length_is_refused(sandbox):
    chunked = sandbox.pool.request("POST", sandbox.url + "/v26.0/7/events", body=iter([b"{}"]))
    assert (chunked.status, chunked.headers["Connection"]) == (411, "close")
    assert sandbox.control("GET", "health") == {"status": "ok"}


def test_a_body_beyond_64_mib_is_refused_unread(sandbox):
    head = {"Content-Length": str(64 * 1024 * 1024 + 1)}
    assert sandbox.request("POST", "/v26.0/7/events", b"", head).status == 413


def test_a_client_that_waits_for_100_continue_is_told_at_once(sandbox, make):
    body = json.dumps({"data": [make.event()], "access_token": "t"}).encode()
    head = f"POST /v26.0/7/events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(sandbox.address, timeout=5) as line:
        line.sendall(head.encode())
        assert line.recv(1_000).startswith(b"HTTP/1.1 100 ")
        line.sendall(body)
        assert line.recv(1_000).startswith(b"HTTP/1.1 200 ")
