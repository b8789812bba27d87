#include "api/dead_letter_routes.hpp"

#include <charconv>

#include "base/text/json.hpp"
#include "base/text/uri.hpp"
#include "model/value_text.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr std::string_view root = "/_atoll/dead-letters";
constexpr store::ScanLimits listed{1000, 4 << 20};
constexpr store::ScanLimits one_letter{1, 1};

// "" is what a request's path has behind an id that is one.
std::optional<std::string_view> behind_id(std::string_view text, std::uint64_t& id) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
    if (read.ec != std::errc{} || id == 0) return std::nullopt;
    return text.substr(static_cast<std::size_t>(read.ptr - text.data()));
}

std::string_view problem_of(const Error& error) {
    switch (error.code) {
        case Errc::not_found:
            return "not_found";
        case Errc::rejected:
        case Errc::invalid:
        case Errc::conflict:
            return "not_storable";
        default:
            return "unavailable";
    }
}

}  // namespace

http::Response DeadLetterRoutes::problem(std::string_view error, std::string detail,
                                         const http::Request& request) const {
    return problems_.write({error, std::move(detail), {}, ""}, request);
}

asio::awaitable<http::Response> DeadLetterRoutes::handle(const http::Request& request) {
    const bool get = request.method == http::Method::get;
    const bool post = request.method == http::Method::post;
    std::string_view path = request.path.substr(root.size());
    if (get && path.empty()) co_return co_await list(request);
    std::uint64_t id = 0;
    if (path.starts_with('/')) {
        const auto what = behind_id(path.substr(1), id);
        if (get && what == "") co_return co_await show(request, id);
        if (post && what == "/replay") co_return co_await settle(request, id, true);
        if (post && what == "/discard") co_return co_await settle(request, id, false);
    }
    co_return problem("not_found", "there is nothing here", request);
}

void DeadLetterRoutes::append(std::string& out, const store::DeadLetter& letter) const {
    const auto member = [&out](std::string_view name, std::string_view text) {
        out += ',';
        append_json_string(out, name);
        out += ':';
        append_json_string(out, text);
    };
    out += "{\"id\":" + std::to_string(letter.id);
    member("source", letter.source);
    out += ",\"seq\":" + std::to_string(letter.seq);
    if (letter.record) {
        member("resource", schema_[letter.record->resource].name);
        member("key", to_text(letter.record->key));
    }
    member("at", to_text(letter.at));
    member("reason", letter.reason);
    out += '}';
}

asio::awaitable<http::Response> DeadLetterRoutes::list(const http::Request& request) {
    const auto query = parse_query(request.query);
    std::uint64_t after = 0;
    for (const auto& [name, value] : query ? *query : Query{}) {
        if (name == "after") after = std::strtoull(value.c_str(), nullptr, 10);
    }
    auto letters = co_await reader_.dead_letters(after, listed);
    if (!letters) co_return problem("unavailable", letters.error().what, request);
    std::string body = "{\"items\":[";
    for (const store::DeadLetter& letter : *letters) {
        if (body.back() != '[') body += ',';
        append(body, letter);
    }
    body += ']';
    if (!letters->empty()) body += ",\"next\":" + std::to_string(letters->back().id);
    co_return http::json_response(body + '}');
}

// With the change itself, where it is JSON; else its bytes as text, as far as they are text.
asio::awaitable<http::Response> DeadLetterRoutes::show(const http::Request& request,
                                                       std::uint64_t id) {
    auto letters = co_await reader_.dead_letters(id - 1, one_letter);
    if (!letters) co_return problem("unavailable", letters.error().what, request);
    if (letters->empty() || letters->front().id != id) {
        co_return problem("not_found", "there is no dead letter " + std::to_string(id), request);
    }
    const store::DeadLetter& letter = letters->front();
    std::string body;
    append(body, letter);
    body.back() = ',';
    body += "\"change\":";
    if (parse_json(letter.body, json_depth_wrapped_max)) {
        body += letter.body;
    } else {
        std::string printable;
        for (const char c : letter.body)
            printable += static_cast<unsigned char>(c) < 0x80 ? c : '?';
        append_json_string(body, printable);
    }
    co_return http::json_response(body + '}');
}

asio::awaitable<http::Response> DeadLetterRoutes::settle(const http::Request& request,
                                                         std::uint64_t id, bool replay) {
    std::string reason;
    if (!request.body.empty()) {
        const auto wish = parse_json(request.body);
        if (!wish) co_return problem("malformed_request", wish.error().what, request);
        if (const Json* waive = wish->find("waive")) {
            reason = waive->text.empty() ? "no reason given" : waive->text;
        }
    }
    Result<std::size_t> settled{std::size_t{0}};
    if (replay) {
        settled = co_await letters_.replay(id);
    } else if (reason.empty()) {
        settled = co_await letters_.discard(id);
    } else {
        settled = co_await letters_.waive(id, reason);
    }
    if (!settled) {
        co_return problem(problem_of(settled.error()), settled.error().what, request);
    }
    co_return http::json_response("{\"settled\":" + std::to_string(*settled) + '}');
}

}  // namespace reef::api
