"""What the answers of every app have in common."""


def problem(answer, status, code):
    """The problem document of an answer, after what every problem has was checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert list(document)[:4] == ["type", "title", "status", "detail"]
    assert document["type"] == "/problems/" + code.replace("_", "-")
    assert (document["status"], document["code"]) == (status, code)
    assert document["error"] == document["title"]
    return document
