#include "api/records.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "api/write_request.hpp"
#include "base/text/json.hpp"
#include "base/text/uri.hpp"
#include "model/record_json.hpp"
#include "model/value_text.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr std::string_view json_type = "application/json";
// With more than a thousand lives of stores, a token would leave an ETag no room in the headers
// that gateways pass on. Then there is none, and reads are as recent as this store.
constexpr std::size_t token_bytes_max = 32 << 10;

void add_etag(http::Response& response, const Row& row) {
    response.headers += "ETag: \"";
    append_text(response.headers, row.vector);
    response.headers += "\"\r\n";
}

// True when the client has this very state already.
bool is_unchanged(const http::Request& request, const Row& row) {
    const std::string_view tags = request.header("if-none-match");
    if (tags.empty()) return false;
    return tags == "*" || tags.find('"' + to_text(row.vector) + '"') != tags.npos;
}

const std::string& message_for(const Resource& resource, WriteKind kind) {
    switch (kind) {
        case WriteKind::create:
            return resource.messages.create;
        case WriteKind::update:
            return resource.messages.update;
        default:
            return resource.messages.remove;
    }
}

// The number of "name=number" in a Prefer header.
std::optional<std::uint64_t> preference(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const std::size_t end = std::min(header.find_first_of(",;"), header.size());
        std::string_view part = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        while (part.starts_with(' '))
            part.remove_prefix(1);
        if (!part.starts_with(name) || part.size() <= name.size() || part[name.size()] != '=') {
            continue;
        }
        part.remove_prefix(name.size() + 1);
        std::uint64_t number = 0;
        const auto read = std::from_chars(part.data(), part.data() + part.size(), number);
        if (read.ec == std::errc{}) return number;
    }
    return std::nullopt;
}

// A write of this node that this ledger does not know.
bool names_own_future(const store::Ledger& ledger, const Position& wanted) {
    const Position applied = ledger.applied();
    const std::string_view node = node_of(ledger.self);
    return std::any_of(wanted.begin(), wanted.end(), [&](const auto& named) {
        return node_of(named.first) == node && seq_in(applied, named.first) < named.second;
    });
}

}  // namespace

Records::Records(RecordParts parts)
    : parts_(parts), problems_(parts.api.answers.problems), wrap_(parts.api.answers.wrap) {}

asio::awaitable<http::Response> Records::handle(const Operation& operation, std::string parameter,
                                                const http::Request& request, std::string source) {
    const Resource& resource = parts_.schema[*operation.resource];
    std::vector<http::Fault> faults;
    check_required_headers(parts_.api, request, faults);
    if (!faults.empty()) co_return invalid(std::move(faults), request);
    switch (operation.kind) {
        case OperationKind::get:
            co_return co_await get(resource, std::move(parameter), request);
        case OperationKind::list:
            co_return co_await list(resource, request);
        case OperationKind::look_up:
            co_return co_await look_up(resource, resource.look_ups[*operation.look_up],
                                       std::move(parameter), request);
        case OperationKind::create:
            co_return co_await write(WriteKind::create, resource, std::move(parameter), request,
                                     std::move(source));
        case OperationKind::update:
            co_return co_await write(WriteKind::update, resource, std::move(parameter), request,
                                     std::move(source));
        case OperationKind::patch:
            co_return co_await write(WriteKind::update, resource, std::move(parameter), request,
                                     std::move(source), Named::changes_only);
        default:
            co_return co_await write(WriteKind::remove, resource, std::move(parameter), request,
                                     std::move(source));
    }
}

// ---- reads -----------------------------------------------------------------------------------

asio::awaitable<http::Response> Records::get(const Resource& resource, std::string parameter,
                                             const http::Request& request) {
    std::vector<http::Fault> faults;
    auto key = read_key(resource, parameter, faults);
    Read read;
    if (!request.query.empty())
        read.needs.staleness_max = read_staleness(parts_.api, request, faults);
    if (!faults.empty()) co_return invalid(std::move(faults), request);
    if (auto answer = co_await begin(read, request)) co_return std::move(*answer);
    if (!key) co_return not_found(resource, parameter, request);
    const RecordRef ref{resource.id, std::move(*key)};
    auto row = co_await living(rows_of(read), ref);
    if (!row && falls_back(read, row.error())) row = co_await living(parts_.rows, ref);
    if (!row) co_return failed(row.error(), request);
    if (!*row) co_return not_found(resource, parameter, request);
    http::Response response = record(resource, **row, request);
    if ((*row)->key != ref.key) {
        std::string path{request.path.substr(0, request.path.rfind('/') + 1)};
        response.add_header("Content-Location", path + percent_encode(to_text((*row)->key)));
    }
    finish(read, response);
    co_return response;
}

// The record, or the one that stayed when it was taken back.
Task<std::optional<Row>> Records::living(store::RowReader& rows, RecordRef ref) {
    for (int hops = 0;; ++hops) {
        auto row = co_await rows.get(ref);
        if (!row || !*row || (*row)->alive()) co_return row;
        const auto superseded_by = (*row)->life.superseded_by;
        if (!superseded_by || hops == superseded_hops_max) co_return std::optional<Row>{};
        ref.key = *superseded_by;
    }
}

asio::awaitable<http::Response> Records::look_up(const Resource& resource, const LookUp& look_up,
                                                 std::string parameter,
                                                 const http::Request& request) {
    std::vector<http::Fault> faults;
    const Field& field = resource.fields[look_up.field];
    auto value = read_text(field, parameter);
    if (!value) faults.push_back({"parameter", field.name, value.error().what});
    Read read;
    if (!request.query.empty())
        read.needs.staleness_max = read_staleness(parts_.api, request, faults);
    if (!faults.empty()) co_return invalid(std::move(faults), request);
    if (auto answer = co_await begin(read, request)) co_return std::move(*answer);
    const FieldRef ref{resource.id, look_up.field, std::move(*value)};
    auto row = co_await rows_of(read).find(ref);
    if (!row && falls_back(read, row.error())) row = co_await parts_.rows.find(ref);
    if (!row) co_return failed(row.error(), request);
    if (!*row) co_return not_found(resource, look_up.prefix + '/' + parameter, request);
    http::Response response = record(resource, **row, request);
    finish(read, response);
    co_return response;
}

asio::awaitable<http::Response> Records::list(const Resource& resource,
                                              const http::Request& request) {
    std::vector<http::Fault> faults;
    ListRequest wanted = read_list(parts_.api, resource, request, faults);
    if (!faults.empty()) co_return invalid(std::move(faults), request);
    Read read{{.staleness_max = wanted.staleness_max}};
    if (auto answer = co_await begin(read, request)) co_return std::move(*answer);
    const TimeShape times{parts_.api.answers.time_digits, TimeZone::z};
    auto page = co_await rows_of(read).show(wanted.query, times);
    if (!page && falls_back(read, page.error())) {
        page = co_await parts_.rows.show(wanted.query, times);
    }
    if (!page) co_return failed(page.error(), request);
    http::Response response;
    response.content_type = json_type;
    if (page->unreadable > 0) {
        response.add_header("Atoll-Unreadable", std::to_string(page->unreadable));
        parts_.traffic.add_unreadable(page->unreadable);
    }
    std::string next;
    if (page->more && resource.page.by == PageBy::cursor && page->last) {
        next = cursor_after(resource, wanted.query, *page->last);
        response.add_header("Link", '<' + std::string{request.path} + '?' + wanted.others +
                                        "cursor=" + next + ">; rel=\"next\"");
    }
    const std::string total = page->total ? ",\"total\":" + std::to_string(*page->total) : "";
    const std::string quoted = next.empty() ? "null" : '"' + next + '"';
    const bool bare = parts_.api.answers.list == ListShape::array;
    response.body = (bare ? "[" : "{\"items\":[") + page->records + ']';
    if (!bare) response.body += ",\"next\":" + quoted + total + '}';
    if (wrap_.wraps()) {
        const std::string more = (next.empty() ? "" : ",\"next\":" + quoted) + total;
        response.body =
            wrap_.fill({.data = response.body, .text = resource.messages.list, .more = more});
    }
    finish(read, response);
    co_return response;
}

// ---- writes ----------------------------------------------------------------------------------

asio::awaitable<http::Response> Records::write(WriteKind kind, const Resource& resource,
                                               std::string parameter, const http::Request& request,
                                               std::string source, Named named) {
    if (kind != WriteKind::remove && !accepts_media_type(request)) {
        co_return problems_.write(
            {"unsupported_media_type", "the body must be application/json", {}, ""}, request);
    }
    std::vector<http::Fault> faults;
    const WriteForm form{parts_.api, resource, kind,
                         parameter,  named,    parts_.api.answers.set_by_server};
    WriteRequest read = read_write(form, request, parts_.clock.now(), faults);
    if (!faults.empty()) co_return invalid(std::move(faults), request);
    if (read.no_such_key) co_return not_found(resource, parameter, request);
    Result<Outcome> outcome = Error{};
    if (!source.empty() && tell_source(source, read.intent)) {
        outcome = co_await submit_named_by_content(std::move(read.intent));
    } else {
        outcome = co_await parts_.writes.submit(std::move(read.intent));
    }
    if (!outcome) co_return failed(outcome.error(), request);
    if (auto* accepted = std::get_if<Accepted>(&*outcome)) {
        http::Response response = written(resource, *accepted, request);
        if (parts_.reads) co_await parts_.reads->wait_for(accepted->stamp.dot);
        co_await wait_for_peers(accepted->stamp.dot, request, response);
        co_return response;
    }
    if (auto* replayed = std::get_if<Replayed>(&*outcome)) {
        co_return co_await replay(resource, std::move(*replayed), request);
    }
    co_return refused(resource, std::get<Refused>(*outcome), request);
}

// A write that is named after what it says, and said once more, is meant again where what the first
// one did is undone by now: the record that it made is gone, or the one that it deleted is back.
// Then it is named after that state as well, on every node alike.
Task<Outcome> Records::submit_named_by_content(Intent intent) {
    constexpr int lives_max = 1000;
    const std::string name = intent.request.ids.front().text;
    const bool creates = intent.kind == WriteKind::create;
    for (int lives = 0;; ++lives) {
        Result<Outcome> outcome = co_await parts_.writes.submit(intent);
        const auto* replayed = outcome ? std::get_if<Replayed>(&*outcome) : nullptr;
        if (!replayed || lives == lives_max) co_return outcome;
        const RecordRef record = replayed->seen.record;
        auto row = co_await parts_.rows.get(record);
        if (!row) co_return row.error();
        const Life life = *row ? (*row)->life : Life{};
        if (life.alive() == creates || life.superseded_by) co_return outcome;
        intent.request.attempt =
            name + "-after-" + to_text(record.key) + '.' + std::to_string(life.n);
        intent.request.ids.front().text = intent.request.attempt;
    }
}

// `Prefer: wait=2, atoll-peers=1`: the answer waits until a peer has the write too, or says that
// none had in time.
asio::awaitable<void> Records::wait_for_peers(Dot dot, const http::Request& request,
                                              http::Response& response) {
    constexpr std::uint64_t wait_seconds_max = 30;
    const std::string_view prefer = request.header("prefer");
    if (prefer.empty()) co_return;
    const std::uint64_t wanted = preference(prefer, "atoll-peers").value_or(0);
    if (wanted == 0) co_return;
    const std::uint64_t wait = preference(prefer, "wait").value_or(wait_seconds_max);
    auto have = co_await parts_.writes.wait_for_peers(
        std::move(dot), wanted, std::chrono::seconds{std::min(wait, wait_seconds_max)});
    response.add_header("Preference-Applied", "atoll-peers=" + std::to_string(have ? *have : 0));
}

http::Response Records::written(const Resource& resource, const Accepted& accepted,
                                const http::Request& request) const {
    http::Response response;
    if (accepted.kind == WriteKind::remove && parts_.api.answers.deleted == DeletedShape::nothing) {
        response.status = 204;
    } else {
        response.content_type = json_type;
        response.body = body_of(resource, accepted.row, message_for(resource, accepted.kind));
    }
    if (accepted.kind == WriteKind::create) {
        response.status = 201;
        std::string location{request.path};
        if (!location.ends_with('/')) location += '/';
        response.add_header("Location", location + percent_encode(to_text(accepted.row.key)));
    }
    if (accepted.kind != WriteKind::remove) add_etag(response, accepted.row);
    const Dot& dot = accepted.stamp.dot;
    response.add_header("Atoll-Token", to_text(dot));
    if (!accepted.in_stead.empty()) response.add_header("Atoll-In-Stead", accepted.in_stead);
    return response;
}

// The stored answer: rebuilt from the change that the request made, or, where the log no longer
// holds it, from the record as it is.
asio::awaitable<http::Response> Records::replay(const Resource& resource, Replayed replayed,
                                                const http::Request& request) {
    const RequestSeen& seen = replayed.seen;
    if (!replayed.row) {
        auto found = co_await look_up(replayed);
        if (!found) co_return failed(found.error(), request);
    }
    if (!replayed.row) co_return not_found(resource, to_text(seen.record.key), request);
    http::Response response = written(
        parts_.schema[seen.record.resource],
        {std::move(*replayed.row), seen.kind, seen.stamp, std::move(replayed.in_stead)}, request);
    response.add_header("Idempotency-Replayed", "true");
    co_return response;
}

Task<void> Records::look_up(Replayed& replayed) {
    auto entry = co_await parts_.log.change(replayed.seen.stamp.dot);
    if (!entry) co_return entry.error();
    if (!*entry) {
        auto row = co_await parts_.rows.get(replayed.seen.record);
        if (!row) co_return row.error();
        replayed.row = std::move(*row);
        co_return Result<void>{};
    }
    auto change = parse_change(parts_.schema, (*entry)->json);
    if (!change) co_return change.error();
    replayed.row = std::move(change->row);
    replayed.in_stead = std::move(change->in_stead);
    co_return Result<void>{};
}

// ---- answers ---------------------------------------------------------------------------------

std::string Records::body_of(const Resource& resource, const Row& row,
                             std::string_view message) const {
    std::string json;
    json.reserve(256);
    append_record(json, resource, row, {parts_.api.answers.time_digits, TimeZone::z});
    if (!wrap_.wraps()) return json;
    return wrap_.fill({.data = json, .text = message});
}

http::Response Records::record(const Resource& resource, const Row& row,
                               const http::Request& request) const {
    http::Response response;
    add_etag(response, row);
    if (is_unchanged(request, row)) {
        response.status = 304;
        return response;
    }
    response.content_type = json_type;
    response.body = body_of(resource, row, resource.messages.get);
    return response;
}

http::Response Records::refused(const Resource& resource, const Refused& refused,
                                const http::Request& request) const {
    const bool immutable = refused.refusal == Refusal::immutable_field;
    http::Problem problem;
    problem.code = immutable ? "invalid_request" : name_of(refused.refusal);
    problem.detail = refused.detail;
    if (refused.refusal == Refusal::not_found && !resource.messages.not_found.empty()) {
        problem.detail = resource.messages.not_found;
        problem.title = resource.messages.not_found;
    }
    if (!refused.pointer.empty()) {
        problem.faults.push_back({"pointer", refused.pointer, refused.detail});
    }
    if (refused.current) {
        append_record(problem.current, resource, *refused.current,
                      {parts_.api.answers.time_digits, TimeZone::z});
    }
    http::Response response = problems_.write(problem, request);
    if (refused.current) add_etag(response, *refused.current);
    return response;
}

http::Response Records::failed(const Error& error, const http::Request& request) const {
    if (error.code == Errc::invalid) parts_.traffic.add_unreadable(1);
    const std::string_view name = error.code == Errc::overloaded ? "overloaded"
                                  : error.code == Errc::rejected ? "not_storable"
                                  : error.code == Errc::invalid  ? "record_unreadable"
                                                                 : "unavailable";
    return problems_.write({name, error.what, {}, ""}, request);
}

http::Response Records::not_found(const Resource& resource, std::string_view parameter,
                                  const http::Request& request) const {
    const std::string& own = resource.messages.not_found;
    std::string detail =
        own.empty() ? "there is no " + resource.name + '/' + std::string{parameter} : own;
    return problems_.write({"not_found", std::move(detail), {}, "", own}, request);
}

http::Response Records::invalid(std::vector<http::Fault> faults,
                                const http::Request& request) const {
    return problems_.write({"invalid_request", "", std::move(faults), ""}, request);
}

// ---- sessions --------------------------------------------------------------------------------

// Where this store stands: a client that sends it back reads at least this much, anywhere.
const std::string& Records::own_token() {
    const std::uint64_t generation = parts_.progress.generation();
    if (generation != token_generation_) {
        const auto ledger = parts_.progress.ledger();
        token_ = to_text(ledger->without_retired(ledger->applied()));
        if (token_.size() > token_bytes_max) token_.clear();
        token_generation_ = generation;
    }
    return token_;
}

// What a replica has may be less. Its own name is in its position, and in no write.
const std::string& Records::token_of(const ReadSource& replica) {
    ReplicaToken& token = replica_tokens_[replica.index];
    if (token.of != replica.shows) {
        Position position = replica.shows->received();
        position.erase(replica.shows->self);
        const auto ledger = parts_.progress.ledger();
        token.text = to_text(ledger->without_retired(std::move(position)));
        if (token.text.size() > token_bytes_max) token.text.clear();
        token.of = replica.shows;
    }
    return token.text;
}

// Waits for the store to come as far as the request's token, then chooses who answers. Absent: it
// can be read now; else the answer that says why not.
asio::awaitable<std::optional<http::Response>> Records::begin(Read& read,
                                                              const http::Request& request) {
    auto answer = co_await wait_for_token(request, read.needs.position);
    if (!answer && parts_.reads) read.replica = parts_.reads->next(read.needs);
    co_return answer;
}

store::RowReader& Records::rows_of(const Read& read) const {
    return read.replica ? *read.replica->rows : parts_.rows;
}

// Whether the node's own store is to answer, since a replica could not.
bool Records::falls_back(Read& read, const Error& error) {
    if (!read.replica) return false;
    parts_.reads->failed(*read.replica, error);
    read.replica.reset();
    return true;
}

void Records::finish(const Read& read, http::Response& response) {
    const std::string& token = read.replica ? token_of(*read.replica) : own_token();
    if (!token.empty()) response.add_header("Atoll-Token", token);
    if (!parts_.reads) return;
    if (read.replica) response.add_header("Atoll-Served-By", read.replica->name);
    const auto age = read.replica ? read.replica->age : std::chrono::nanoseconds{0};
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f", std::chrono::duration<double>(age).count());
    response.add_header("Atoll-Age", seconds);
}

// Nothing when the store has come as far as the request's token; else the answer that says so.
asio::awaitable<std::optional<http::Response>> Records::wait_for_token(const http::Request& request,
                                                                       Position& token) {
    const std::string_view text = request.header("atoll-token");
    if (text.empty()) co_return std::nullopt;
    auto wanted = parse_position(text);
    if (!wanted) {
        std::vector<http::Fault> faults{
            {"header", "Atoll-Token", "is not a token of this service"}};
        co_return invalid(std::move(faults), request);
    }
    token = *wanted;
    const auto known = parts_.progress.ledger();
    if (covers(known->applied(), *wanted)) co_return std::nullopt;
    if (names_own_future(*known, *wanted)) {
        // Another process of this node may have written it: the store knows.
        const auto stored = co_await parts_.ledgers.ledger();
        if (!stored) co_return failed(stored.error(), request);
        if (covers(stored->applied(), *wanted)) co_return std::nullopt;
        if (names_own_future(*stored, *wanted)) {
            co_return problems_.write({"token_lost",
                                       "the token names a write of this node that no longer exists",
                                       {},
                                       ""},
                                      request);
        }
    }
    const auto waited = co_await parts_.progress.wait_for(std::move(*wanted), parts_.token_wait);
    if (waited) co_return std::nullopt;
    co_return problems_.write({"behind_token", waited.error().what, {}, ""}, request);
}

}  // namespace reef::api
