"""The page at /docs: its files, its policy, and a PUT from it in a real browser."""

import http.server
import json
import pathlib
import re
import shutil
import subprocess
import threading

import pytest
import requests
from atoll import wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def test_the_page_names_only_files_that_are_there(base_url):
    page = requests.get(f"{base_url}/docs")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == POLICY
    links = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(links) >= 5
    for link in links:
        assert link.startswith("/"), f"{link} leads elsewhere"
        answer = requests.get(base_url + link)
        assert answer.status_code == 200, link
        if link.startswith("/docs/"):
            assert answer.headers["X-Content-Type-Options"] == "nosniff", link


def test_the_page_has_nothing_inline(base_url):
    page = requests.get(f"{base_url}/docs").text
    assert re.findall(r"<script(?![^>]*src=)[^>]*>|<style|\son\w+=|\sstyle=", page) == []


def test_what_is_not_there_is_404(base_url):
    assert requests.get(f"{base_url}/docs/nothing.js").status_code == 404


# Runs in the page, after Swagger UI's start: opens the PUT of a property, executes it, and sends
# back what it saw, with whatever the policy or a script complained about.
DRIVER = """
'use strict';
const complaints = [];
document.addEventListener('securitypolicyviolation', (event) =>
  complaints.push(`${event.effectiveDirective} ${event.blockedURI}`));
window.addEventListener('error', (event) => complaints.push(event.message));

function appears(selector) {
  return new Promise((resolve) => {
    const look = () => {
      const found = document.querySelector(selector);
      if (found) resolve(found); else requestAnimationFrame(look);
    };
    look();
  });
}

// React keeps its own copy of a field's value, and Swagger UI waits for typing to pause or for the
// field to be left: do what a person's typing does.
function type(field, text) {
  const prototype = Object.getPrototypeOf(field);
  Object.getOwnPropertyDescriptor(prototype, 'value').set.call(field, text);
  field.dispatchEvent(new Event('input', {bubbles: true}));
  field.dispatchEvent(new Event('focusout', {bubbles: true}));
}

async function tryItOut() {
  (await appears('.opblock-put .opblock-summary-control')).click();
  type(await appears('.opblock-put tr[data-param-name="id"] input'), '12');
  type(await appears('.opblock-put .body-param__text'), '{"price": 520000.5, "version": 1}');
  (await appears('.opblock-put .execute')).click();
  const table = '.opblock-put .live-responses-table tbody ';
  const status = await appears(table + '.response-col_status');
  const body = await appears(table + '.response-col_description pre');
  const seen = {status: status.textContent, body: body.textContent, title: document.title};
  await fetch('/seen', {method: 'POST', body: JSON.stringify({...seen, complaints})});
}
tryItOut();
"""


class Between(http.server.BaseHTTPRequestHandler):
    """Stands between browser and node: passes everything on, and adds DRIVER to the page."""

    upstream = ""
    seen = None

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/docs/driver.js":
            return self.reply(200, {"Content-Type": "text/javascript"}, DRIVER.encode())
        if self.path == "/seen":
            type(self).seen = json.loads(body)
            return self.reply(204, {}, b"")
        headers = {name: self.headers[name] for name in ("Content-Type",) if name in self.headers}
        got = requests.request(self.command, self.upstream + self.path, data=body, headers=headers)
        kept = ("Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "ETag")
        passed = {name: got.headers[name] for name in kept if name in got.headers}
        page = got.content
        if self.path == "/docs":
            driver = b'<head><script src="/docs/driver.js"></script>'
            page = page.replace(b"<head>", driver)
        return self.reply(got.status_code, passed, page)

    do_GET = do_PUT = do_POST = answer

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def page_seen(base_url):
    """The URL of the page with the driver in it, and what it sent back."""
    handler = type("Handler", (Between,), {"upstream": base_url})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/docs", lambda: handler.seen
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")
def test_try_it_out_in_a_browser(page_seen, base_url, tmp_path):
    url, seen = page_seen
    log = pathlib.Path(tmp_path / "chromium.log")
    with log.open("wb") as output:
        browser = subprocess.Popen(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--remote-debugging-port=0",  # keeps the page open
             f"--user-data-dir={tmp_path / 'profile'}", url],
            stdout=output, stderr=subprocess.STDOUT)
    try:
        result = wait_until(seen, what="an answer on the page")
    finally:
        browser.kill()
        browser.wait()
    assert result["complaints"] == []
    assert result["status"].startswith("200")
    assert json.loads(result["body"])["version"] == 2
    assert "property-listing" in result["title"].lower()
    stored = requests.get(f"{base_url}/us/properties/12")
    assert '"price":520000.50,' in stored.text
