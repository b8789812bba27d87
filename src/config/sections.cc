#include "config/sections.hpp"

#include <algorithm>

#include "config/file_text.hpp"
#include "config/nodes.hpp"
#include "config/resource.hpp"
#include "config/template.hpp"

namespace reef::config {

namespace {

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 63 && text[0] >= 'a' && text[0] <= 'z' &&
           is_made_of_letters_digits_and("-_", text) && lower_case(text) == text;
}

bool is_reserved(std::string_view part) {
    const auto& paths = reserved_paths();
    return std::find(paths.begin(), paths.end(), part) != paths.end();
}

// "/{region}", "/api/v1" or "": plain parts, and at most one that names a node.
void check_path(const Section& section, const Text& path, const App& app) {
    const std::string named = '{' + app.api.nodes_are + '}';
    std::string_view rest = path.value;
    int nodes = 0;
    while (rest.starts_with('/')) {
        rest.remove_prefix(1);
        const std::size_t end = std::min(rest.find('/'), rest.size());
        const std::string_view part = rest.substr(0, end);
        rest.remove_prefix(end);
        if (part.starts_with('{') && part.ends_with('}')) {
            if (part != named) {
                section.mistake(path, "unknown part " + std::string{part} +
                                          " of a path; the app's nodes are named by " + named);
            }
            ++nodes;
        } else if (is_reserved(part)) {
            section.mistake(path, "the path cannot have the part " + in_quotes(part) +
                                      ": every app has that path of its own");
        } else if (part.empty() || !is_made_of_letters_digits_and("-_.~", part)) {
            section.mistake(path, "\"path\" must be such as \"/api/v1\" or \"/" + named +
                                      "\", not " + in_quotes(path.value));
            return;
        }
    }
    if (!rest.empty()) section.mistake(path, "\"path\" must begin with \"/\"");
    if (nodes > 1) section.mistake(path, "\"path\" names a " + app.api.nodes_are + " twice");
}

void read_seed(Section& section, App& app) {
    const auto seed = section.text("seed");
    if (!seed || seed->value.empty() || seed->value == "none") return;
    app.seed = seed->value.starts_with('/') ? seed->value : app.folder + '/' + seed->value;
    if (const auto text = file_text(app.seed); !text) {
        section.mistake(*seed, "the seed file " + in_quotes(seed->value) +
                                   " cannot be read: " + text.error().what);
    }
}

void read_headers(Section& top, App& app) {
    const Toml* headers = top.find("headers");
    if (!headers) return;
    if (!headers->is(Toml::Kind::table)) {
        top.mistake(headers->at, "\"headers\" must be a table: [headers.NAME]");
        return;
    }
    static const std::vector<std::string> own{"authorization",  "connection",
                                              "content-length", "content-type",
                                              "host",           "if-match",
                                              "if-none-match",  "idempotency-key",
                                              "prefer",         "te",
                                              "traceparent",    "transfer-encoding",
                                              "upgrade",        "x-replicated-from",
                                              "x-request-id"};
    for (const auto& [key, value] : headers->members) {
        api::KeptHeader header;
        header.name = lower_case(key.name);
        if (header.name.empty() || !is_made_of_letters_digits_and("-_", header.name)) {
            top.mistake(key.at, in_quotes(key.name) + " is no name of a header");
        } else if (header.name.starts_with("atoll-") ||
                   std::find(own.begin(), own.end(), header.name) != own.end()) {
            top.mistake(key.at, "the header " + in_quotes(key.name) + " has a meaning of its own");
        }
        const bool repeated =
            std::any_of(app.api.headers.begin(), app.api.headers.end(),
                        [&](const auto& other) { return other.name == header.name; });
        if (repeated)
            top.mistake(key.at, in_quotes(key.name) + " is one header with an earlier one");
        if (!value.is(Toml::Kind::table)) {
            top.mistake(value.at,
                        in_quotes(key.name) + " must be a table: [headers." + key.name + ']');
            continue;
        }
        Section section{value, "[headers." + key.name + ']', top.scope()};
        header.required = section.flag("required", false);
        header.keep = section.flag("keep", false);
        header.example = section.text_or("example", "");
        section.done();
        app.api.headers.push_back(std::move(header));
    }
}

void read_answers(Section& top, App& app) {
    auto section = top.section("answers", "[answers]");
    if (!section) return;
    using api::DeletedShape;
    using api::ListShape;
    api::Answers& answers = app.api.answers;
    answers.problems.invalid = static_cast<int>(section->integer("invalid", 400, 400, 422));
    if (answers.problems.invalid != 400 && answers.problems.invalid != 422) {
        section->mistake(section->find("invalid")->at, "\"invalid\" must be 400 or 422");
    }
    answers.list = section->choice<ListShape>(
        "list", ListShape::page, {{"page", ListShape::page}, {"array", ListShape::array}});
    answers.deleted = section->choice<DeletedShape>(
        "deleted", DeletedShape::nothing,
        {{"nothing", DeletedShape::nothing}, {"record", DeletedShape::record}});
    using api::SetByServer;
    answers.set_by_server = section->choice<SetByServer>("set_by_server", SetByServer::same,
                                                         {{"ignore", SetByServer::ignore},
                                                          {"same", SetByServer::same},
                                                          {"refuse", SetByServer::refuse}});
    answers.time_digits = static_cast<int>(section->integer("time_digits", 6, 0, 6));
    if (answers.time_digits != 0 && answers.time_digits != 3 && answers.time_digits != 6) {
        section->mistake(section->find("time_digits")->at, "\"time_digits\" must be 0, 3 or 6");
    }
    if (const auto wrap = section->text("wrap"); wrap && !wrap->value.empty()) {
        check_json_parts(section->scope(), "wrap", *wrap, {"data", "message"});
        answers.wrap = wrap->value;
    }
    if (const auto wrap = section->text("wrap_error"); wrap && !wrap->value.empty()) {
        check_json_parts(section->scope(), "wrap_error", *wrap,
                         {"detail", "error", "code", "title", "status", "request_id"});
        answers.problems.wrap_error = wrap->value;
    }
    section->done();
}

void read_gateway(Section& top, App& app) {
    auto section = top.section("gateway", "[gateway]");
    if (!section) return;
    Gateway gateway;
    if (const auto listen = section->needed("listen")) {
        if (const auto endpoint = endpoint_of(*section, "listen", *listen)) {
            gateway.listen = *endpoint;
        }
    }
    const bool by_path = app.api.path_names_node();
    gateway.spread =
        section->choice<bool>("spread", !by_path, {{"by_path", false}, {"round_robin", true}});
    if (!gateway.spread && !by_path && section->text("spread")) {
        section->mistake(section->find("spread")->at,
                         "spread = \"by_path\" needs a path that names a node: path = \"/{" +
                             app.api.nodes_are + "}\"");
    }
    section->done();
    app.gateway = gateway;
}

void read_store(Section& top, App& app) {
    auto section = top.section("store", "[store]");
    if (!section) return;
    if (const auto file = section->text("file")) {
        check_parts(section->scope(), *file, {"node"});
        app.store_file = file->value;
        const auto parts = parts_of(file->value);
        if (std::find(parts.begin(), parts.end(), "node") == parts.end()) {
            section->mistake(*file, "\"file\" needs <node>: no two nodes open one database");
        } else if (file->value.find('/') != std::string::npos) {
            section->mistake(*file, "\"file\" is a name in the data folder, without \"/\"");
        }
    }
    section->done();
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(begin);
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

// It travels in a header, so that a line break in it would end all calls between the nodes.
bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// "new,old": the first is shown to peers and signs, any of them is accepted.
std::vector<std::string> secrets_in(const Section& section, const Text& text) {
    std::vector<std::string> secrets;
    std::string_view left = text.value;
    for (bool more = !trimmed(left).empty(); more;) {
        const std::size_t comma = left.find(',');
        const std::string_view secret = trimmed(left.substr(0, comma));
        if (!is_one_line(secret)) {
            section.mistake(text, "a secret is one line, without control characters");
            return {};
        }
        if (secret.empty()) {
            section.mistake(text, "of several secrets, with commas between them, none is empty");
            return {};
        }
        secrets.emplace_back(secret);
        more = comma != std::string_view::npos;
        if (more) left.remove_prefix(comma + 1);
    }
    return secrets;
}

void read_peers(Section& top, App& app) {
    auto section = top.section("peers", "[peers]");
    if (!section) return;
    if (const auto text = section->text("secret")) app.peer_secrets = secrets_in(*section, *text);
    section->done();
}

template <class Number>
void read_limit(Section& section, const char* name, Number& limit, std::int64_t min,
                std::int64_t max) {
    limit = static_cast<Number>(section.integer(name, static_cast<std::int64_t>(limit), min, max));
}

void read_reads(Section& top, App& app) {
    auto section = top.section("reads", "[reads]");
    if (!section) return;
    app.reads.spread = section->choice<Spread>("spread", Spread::round_robin,
                                               {{"round_robin", Spread::round_robin},
                                                {"random", Spread::random},
                                                {"primary", Spread::primary}});
    app.reads.lag_max_seconds = section->number("lag_max_seconds", 5, 0);
    constexpr std::int64_t minute_ms = 60'000;
    read_limit(*section, "write_waits_ms", app.reads.write_waits_ms, 0, minute_ms);
    if (app.replicas.empty()) {
        section->mistake(section->at(),
                         "[reads] is about read replicas, and the app has no [[replica]]");
    }
    section->done();
}

void read_links(Section& top, App& app) {
    auto section = top.section("links", "[links]");
    if (!section) return;
    constexpr std::int64_t minute_ms = 60'000;
    Links& links = app.links;
    read_limit(*section, "round_trip_ms_max", links.round_trip_ms_max, 1, minute_ms);
    read_limit(*section, "silence_ms_min", links.silence_ms_min, 100, minute_ms);
    links.silence_ms_max = std::max(links.silence_ms_max, links.silence_ms_min);
    read_limit(*section, "silence_ms_max", links.silence_ms_max, links.silence_ms_min, minute_ms);
    links.compress = section->choice<Compress>(
        "compress", Compress::automatic,
        {{"auto", Compress::automatic}, {"always", Compress::always}, {"never", Compress::never}});
    section->done();
}

void read_limits(Section& top, App& app) {
    auto section = top.section("limits", "[limits]");
    if (!section) return;
    constexpr std::int64_t year = 366 * 24 * 3600;
    Limits& limits = app.limits;
    read_limit(*section, "body_bytes_max", limits.body_bytes_max, 1 << 10, 64 << 20);
    limits.record_bytes_max = std::max(limits.record_bytes_max, limits.body_bytes_max);
    read_limit(*section, "record_bytes_max", limits.record_bytes_max, 64 << 10,
               model::record_bytes_most);
    read_limit(*section, "connections_max", limits.connections_max, 1, 1'000'000);
    read_limit(*section, "queue_writes_max", limits.queue_writes_max, 1, 1'000'000);
    read_limit(*section, "batch_rows_max", limits.batch_rows_max, 1, 10'000);
    read_limit(*section, "request_id_seconds", limits.request_id_seconds, 1, year);
    read_limit(*section, "request_ids_max", limits.request_ids_max, 1, 1'000'000'000);
    read_limit(*section, "log_seconds", limits.log_seconds, 1, 10 * year);
    read_limit(*section, "log_bytes_max", limits.log_bytes_max, 4 << 10, std::int64_t{1} << 50);
    if (section->has("events_seconds") || section->has("events_bytes_max")) {
        limits.events_seconds = 10 * year;
        limits.events_bytes_max = std::uint64_t{4} << 30;
    }
    read_limit(*section, "events_seconds", limits.events_seconds, 1, 10 * year);
    read_limit(*section, "events_bytes_max", limits.events_bytes_max, 4 << 10,
               std::int64_t{1} << 50);
    app.api.keeps_events = limits.keeps_events();
    section->done();
}

}  // namespace

void read_app(Section& top, App& app) {
    auto section = top.section("app", "[app]");
    if (!section) {
        if (!top.has("app")) top.mistake(top.at(), "the file needs [app] with its name");
        return;
    }
    if (const auto name = section->needed("name")) {
        if (!is_word(name->value)) {
            section->mistake(*name,
                             "the app's name must be lower-case letters, digits, \"-\" and "
                             "\"_\", not " +
                                 in_quotes(name->value));
        }
        app.name = name->value;
    }
    app.api.app = app.name;
    if (const auto word = section->text("nodes_are")) {
        if (!is_word(word->value)) {
            section->mistake(
                *word, "\"nodes_are\" must be a lower-case word, not " + in_quotes(word->value));
        } else {
            app.api.nodes_are = word->value;
        }
    }
    if (const auto path = section->text("path")) {
        app.api.path = path->value == "/" ? "" : path->value;
        if (!app.api.path.empty()) check_path(*section, *path, app);
    }
    app.schema.id_slots = section->integer("id_slots", 16, 1, 1024);
    read_seed(*section, app);
    section->done();
}

void read_sections(Section& top, App& app) {
    read_headers(top, app);
    read_answers(top, app);
    read_gateway(top, app);
    read_store(top, app);
    read_peers(top, app);
    read_reads(top, app);
    read_links(top, app);
    read_limits(top, app);
}

}  // namespace reef::config
