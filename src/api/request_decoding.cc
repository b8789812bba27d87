#include "api/request_decoding.hpp"

#include <algorithm>
#include <charconv>

#include "base/text/json.hpp"
#include "base/text/uri.hpp"
#include "model/patch.hpp"
#include "model/value_text.hpp"

namespace reef::api {

using namespace model;

namespace {

constexpr std::size_t name_bytes_max = 255;  // of a request id

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void fault_in_body(std::vector<http::Fault>& faults, std::string_view name, std::string detail) {
    std::string pointer;
    append_pointer_part(pointer, name);
    faults.push_back({"pointer", std::move(pointer), std::move(detail)});
}

void fault_of_body(std::vector<http::Fault>& faults, std::string detail) {
    faults.push_back({"pointer", "", std::move(detail)});
}

// ---- headers ---------------------------------------------------------------------------------

// A header that names something: 1 … 255 printable characters, given once.
std::optional<std::string> read_name(const http::Request& request, std::string_view header,
                                     std::string_view shown, std::vector<http::Fault>& faults) {
    if (!request.has_header(header)) return std::nullopt;
    std::string_view text = request.header(header);
    if (request.count_header(header) > 1) {
        faults.push_back({"header", std::string{shown}, "must be given once"});
    } else if (text.empty() || text.size() > name_bytes_max || !is_printable(text)) {
        faults.push_back(
            {"header", std::string{shown}, "must have 1 to 255 printable ASCII characters"});
    } else {
        return std::string{text};
    }
    return std::nullopt;
}

// Structured-field strings are quoted; many clients send the bare value.
std::string unquoted(std::string text) {
    if (text.size() < 3 || text.front() != '"' || text.back() != '"') return text;
    std::string bare;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == '\\' && i + 2 < text.size()) ++i;
        bare += text[i];
    }
    return bare;
}

struct Tags {
    bool any = false;             // "*"
    std::vector<Vector> vectors;  // of strong tags that can be vectors
    bool given = false;
};

// Takes `[W/]"…"` and the comma behind it from the front of a list; absent when it is none.
struct Tag {
    std::string_view text;
    bool weak = false;
};
std::optional<Tag> take_tag(std::string_view& list) {
    const auto skip_blanks = [&list] {
        list.remove_prefix(std::min(list.find_first_not_of(" \t"), list.size()));
    };
    Tag tag;
    tag.weak = list.starts_with("W/");
    if (tag.weak) list.remove_prefix(2);
    const std::size_t close = list.starts_with('"') ? list.find('"', 1) : list.npos;
    if (close == list.npos) return std::nullopt;
    tag.text = list.substr(1, close - 1);
    list.remove_prefix(close + 1);
    skip_blanks();
    if (!list.empty() && list.front() != ',') return std::nullopt;
    while (list.starts_with(',')) {  // a list may have empty places
        list.remove_prefix(1);
        skip_blanks();
    }
    return tag;
}

// A list of entity tags. A tag that is no vector of ours, or a list that is none, matches nothing.
Tags read_tags(const http::Request& request, std::string_view header) {
    Tags tags;
    for (const auto& [name, value] : request.headers) {
        if (name.size() != header.size() ||
            !std::equal(name.begin(), name.end(), header.begin(),
                        [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; })) {
            continue;
        }
        tags.given = true;
        if (value == "*") tags.any = true;
        std::string_view rest = value;
        while (!tags.any && !rest.empty()) {
            const auto tag = take_tag(rest);
            if (!tag) return {.any = false, .vectors = {}, .given = true};
            auto vector = parse_vector(tag->text);
            if (vector && !tag->weak) tags.vectors.push_back(std::move(*vector));
        }
    }
    return tags;
}

void read_tags(const http::Request& request, Precondition& precondition) {
    Tags match = read_tags(request, "if-match");
    precondition.if_match_any = match.any;
    precondition.if_match = std::move(match.vectors);
    // Given, but nothing in it can match: an empty vector stands for that.
    if (match.given && !match.any && precondition.if_match.empty()) {
        precondition.if_match.emplace_back();
    }
    Tags none = read_tags(request, "if-none-match");
    precondition.if_none_match_any = none.any;
    precondition.if_none_match = std::move(none.vectors);
}

bool is_traceparent(std::string_view text) {
    if (text.size() != 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    return text.find_first_not_of("0123456789abcdef-") == text.npos;
}

// ---- the body --------------------------------------------------------------------------------

void read_version_member(const Field& field, const Json& json, Intent& intent,
                         std::vector<http::Fault>& faults) {
    Field required = field;
    required.nullable = false;
    const auto value = read_json(required, json);
    if (!value) return fault_in_body(faults, field.name, value.error().what);
    intent.precondition.version = static_cast<std::uint64_t>(std::get<std::int64_t>(*value));
}

void read_key_member(const Resource& resource, const Json& json, Intent& intent,
                     std::vector<http::Fault>& faults) {
    Field field = resource.key_field();
    if (intent.kind == WriteKind::create && field.key == KeyKind::slots) {
        field.min = std::int64_t{1};
        field.max = new_number_max;
    }
    auto value = read_json(field, json);
    if (!value) return fault_in_body(faults, field.name, value.error().what);
    auto key = key_from(field, *value);
    if (intent.kind != WriteKind::update) {
        intent.key = std::move(*key);
    } else if (*key != *intent.key) {
        fault_in_body(faults, field.name, "must be the one in the path");
    }
}

// True for what no client may choose in this write: it is the server's alone.
bool is_set_by_server(const Resource& resource, FieldId id, WriteKind kind) {
    const Field& field = resource.fields[id];
    const bool creates = kind == WriteKind::create;
    if (id == resource.key)
        return creates && field.key != KeyKind::client && !field.key_from_client;
    return resource.version == id ? creates : field.set != SetBy::client;
}

// How a value changes, where that is said and not what it becomes.
bool read_patch(const Field& field, FieldId id, const Json& json, Intent& intent,
                std::vector<http::Fault>& faults) {
    if (!json.is(Json::Kind::object) || !is_patchable(field)) return false;
    const bool counts = field.merge == Merge::counter;
    const Json* add = counts ? json.find("add") : nullptr;
    if (counts && (!add || json.members.size() != 1)) {
        fault_in_body(faults, field.name, "must be a number, or {\"add\":number}");
        return true;
    }
    auto by = read_patch_value(field, add ? *add : json);
    if (by) {
        intent.patches.push_back({id, std::move(*by)});
    } else {
        fault_in_body(faults, field.name, by.error().what);
        if (add) faults.back().name += "/add";
    }
    return true;
}

void read_member(const Resource& resource, SetByServer set_by_server, const std::string& name,
                 const Json& json, Intent& intent, std::vector<http::Fault>& faults, Named named) {
    const auto id = resource.find_field(name);
    if (!id) return fault_in_body(faults, name, "is not a field of " + resource.name);
    const Field& field = resource.fields[*id];
    if (is_set_by_server(resource, *id, intent.kind)) {
        if (set_by_server == SetByServer::ignore) return;
        // A new record has nothing yet that it could be compared with.
        if (intent.kind == WriteKind::create || set_by_server == SetByServer::refuse) {
            return fault_in_body(faults, name, "is set by the server");
        }
    }
    if (resource.version == *id) return read_version_member(field, json, intent, faults);
    if (*id == resource.key) return read_key_member(resource, json, intent, faults);
    if (named == Named::changes_only && read_patch(field, *id, json, intent, faults)) return;
    auto value = read_json(field, json);
    if (!value) return fault_in_body(faults, name, value.error().what);
    intent.fields.emplace_back(*id, std::move(*value));
}

bool is_named(const Json& body, const Field& field) {
    return body.find(field.name) != nullptr;
}

void check_needed(const Resource& resource, const Json& body, const Intent& intent,
                  std::vector<http::Fault>& faults, Named named) {
    const bool creates = intent.kind == WriteKind::create;
    for (FieldId id = 0; id < resource.fields.size(); ++id) {
        const Field& field = resource.fields[id];
        const auto& needs = resource.update_needs;
        bool needed = !creates && named == Named::as_needed &&
                      std::find(needs.begin(), needs.end(), id) != needs.end();
        if (creates && field.set == SetBy::client && resource.has_state(id)) {
            needed = !field.nullable && !field.default_value;
        }
        if (creates && id == resource.key) needed = field.key == KeyKind::client;
        if (needed && !is_named(body, field)) fault_in_body(faults, field.name, "is missing");
    }
    // If-Match says it as well. Not even a wrong one is: that is 412.
    const bool lock_missing = !creates && resource.lock_required && resource.version &&
                              !intent.precondition.names_version();
    if (!lock_missing) return;
    const Field& version = resource.fields[*resource.version];
    if (!is_named(body, version)) fault_in_body(faults, version.name, "is missing");
}

// ---- lists -----------------------------------------------------------------------------------

std::string to_base64url(std::string_view bytes) {
    static constexpr char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : bytes) {
        buffer = buffer << 8 | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6)
            text += digits[buffer >> (bits - 6) & 63];
    }
    if (bits > 0) text += digits[buffer << (6 - bits) & 63];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : text) {
        int digit = -1;
        if (c >= 'A' && c <= 'Z') digit = c - 'A';
        if (c >= 'a' && c <= 'z') digit = c - 'a' + 26;
        if (c >= '0' && c <= '9') digit = c - '0' + 52;
        if (c == '-') digit = 62;
        if (c == '_') digit = 63;
        if (digit < 0) return std::nullopt;
        buffer = buffer << 6 | static_cast<std::uint32_t>(digit);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>(buffer >> bits & 255);
        }
    }
    return bytes;
}

// A cursor is ["price","-",value,key]: it belongs to one order and is refused for another.
bool read_cursor(const Resource& resource, std::string_view text, store::ListQuery& query) {
    const auto bytes = from_base64url(text);
    const auto json = bytes ? parse_json(*bytes) : Result<Json>{Error{}};
    if (!json || !json->is(Json::Kind::array) || json->items.size() != 4) return false;
    const Field& sort = resource.fields[query.sort];
    if (json->items[0].text != sort.name) return false;
    if (json->items[1].text != (query.descending ? "-" : "+")) return false;
    Value value;
    if (!json->items[2].is(Json::Kind::null)) {
        auto read = parse_text(sort, json->items[2].text);
        if (!read) return false;
        value = std::move(*read);
    }
    const auto key_value = parse_text(resource.key_field(), json->items[3].text);
    if (!key_value) return false;
    query.after.emplace(std::move(value), *key_from(resource.key_field(), *key_value));
    return true;
}

constexpr std::string_view staleness_name = "max_staleness";

std::optional<std::chrono::nanoseconds> read_seconds(std::string_view text,
                                                     std::vector<http::Fault>& faults) {
    constexpr double seconds_max = 1e9;
    double seconds = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
    if (read.ec != std::errc{} || read.ptr != end || !(seconds >= 0 && seconds < seconds_max)) {
        faults.push_back(
            {"parameter", std::string{staleness_name}, "must be a number of seconds from 0"});
        return std::nullopt;
    }
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>{seconds});
}

class ListReader {
public:
    ListReader(const Api& api, const Resource& resource, std::vector<http::Fault>& faults)
        : api_(api), resource_(resource), faults_(faults) {
        query_.resource = resource.id;
        query_.sort = resource.key;
        query_.rows_max = resource.page.rows_default;
    }

    ListRequest read(std::string_view text) {
        const auto parameters = parse_query(text);
        if (!parameters) {
            faults_.push_back({"parameter", "", "the query is not percent-encoded"});
            return {};
        }
        for (const auto& [name, value] : *parameters)
            read(name, value);
        if (cursor_ && !read_cursor(resource_, *cursor_, query_)) {
            fault("cursor", "is not one that this list gave");
        }
        return {std::move(query_), std::move(others_), staleness_max_};
    }

private:
    void fault(std::string_view name, std::string detail) {
        faults_.push_back({"parameter", std::string{name}, std::move(detail)});
    }

    void read(const std::string& name, const std::string& value) {
        if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
            return fault(name, "must be given once");
        }
        seen_.push_back(name);
        const bool pages = resource_.page.by == PageBy::cursor;
        if (name == "cursor" && pages) {
            cursor_ = value;
            return;
        }
        others_ += percent_encode(name) + '=' + percent_encode(value) + '&';
        if (name == "limit") return read_limit(value);
        if (name == staleness_name && api_.has_replicas) {
            staleness_max_ = read_seconds(value, faults_);
            return;
        }
        if (name == "skip" && !pages) return read_skip(value);
        if (name == "sort" && !resource_.sort.empty()) return read_sort(value);
        if (name == "count" && pages) return read_count(value);
        for (const Filter& filter : resource_.filters) {
            if (filter.parameter == name) return read_filter(filter, value);
        }
        fault(name, "is not a parameter of this list");
    }

    static std::optional<std::uint64_t> read_number(std::string_view text) {
        std::uint64_t number = 0;
        const char* end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, number);
        if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
        return number;
    }

    static bool is_beyond_64_bits(std::string_view text) {
        const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
        return digits && !read_number(text);
    }

    void read_limit(const std::string& value) {
        const Page& page = resource_.page;
        const auto number = read_number(value);
        if (page.limits_above_max &&
            (is_beyond_64_bits(value) || (number && *number > page.rows_max))) {
            query_.rows_max = page.rows_max;
            return;
        }
        if (!number || *number < 1 || *number > page.rows_max) {
            const std::string upper =
                page.limits_above_max ? " on" : " to " + std::to_string(page.rows_max);
            return fault("limit", "must be an integer from 1" + upper);
        }
        query_.rows_max = static_cast<std::uint32_t>(*number);
    }

    void read_skip(const std::string& value) {
        const auto number = read_number(value);
        constexpr std::uint64_t skip_max = std::uint64_t{1} << 53;
        if (!number || *number > skip_max) return fault("skip", "must be an integer from 0");
        query_.skip = *number;
    }

    void read_sort(std::string_view value) {
        query_.descending = value.starts_with('-');
        if (query_.descending) value.remove_prefix(1);
        const auto id = resource_.find_field(value);
        const auto& sorts = resource_.sort;
        if (id &&
            (*id == resource_.key || std::find(sorts.begin(), sorts.end(), *id) != sorts.end())) {
            query_.sort = *id;
            return;
        }
        std::string names;
        for (const FieldId sort : sorts)
            names += ' ' + resource_.fields[sort].name;
        fault("sort", "must be one of" + names + ", with - in front for the reverse");
    }

    void read_count(const std::string& value) {
        if (value != "true" && value != "false") return fault("count", "must be true or false");
        query_.count = value == "true";
    }

    void read_filter(const Filter& filter, const std::string& text) {
        Field field = resource_.fields[filter.field];  // its form; any bound may be asked for
        field.min.reset();
        field.max.reset();
        auto value = read_text(field, text);
        if (!value) return fault(filter.parameter, value.error().what);
        query_.filters.push_back({filter.field, filter.compare, std::move(*value)});
    }

    const Api& api_;
    const Resource& resource_;
    std::vector<http::Fault>& faults_;
    store::ListQuery query_;
    std::string others_;
    std::vector<std::string> seen_;
    std::optional<std::chrono::nanoseconds> staleness_max_;
    std::optional<std::string> cursor_;
};

}  // namespace

std::optional<Key> read_key(const Resource& resource, std::string_view text,
                            std::vector<http::Fault>& faults) {
    const Field& field = resource.key_field();
    const bool integer = field.type == FieldType::int64 || field.type == FieldType::int32;
    if (integer) {
        const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
        if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) {
            faults.push_back({"parameter", field.name, "must be an integer"});
            return std::nullopt;
        }
        std::int64_t number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec != std::errc{}) return std::nullopt;
        return Key{number};
    }
    auto value = read_text(field, text);
    if (!value) {
        faults.push_back({"parameter", field.name, value.error().what});
        return std::nullopt;
    }
    return *key_from(field, *value);
}

bool accepts_media_type(const http::Request& request) {
    if (!request.has_header("content-type")) return true;
    if (request.count_header("content-type") > 1) return false;
    std::string type{request.header("content-type")};
    type.erase(std::min(type.find(';'), type.size()));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t'))
        type.pop_back();
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
    return type == "application/json" ||
           (type.starts_with("application/") && type.ends_with("+json"));
}

void check_required_headers(const Api& api, const http::Request& request,
                            std::vector<http::Fault>& faults) {
    for (const KeptHeader& header : api.headers) {
        if (header.required && request.header(header.name).empty()) {
            faults.push_back({"header", header.name, "is missing"});
        }
    }
}

void read_headers(const Api& api, const Resource& resource, const http::Request& request,
                  Intent& intent, std::vector<http::Fault>& faults) {
    RequestMark& mark = intent.request;
    if (auto id = read_name(request, "x-request-id", "X-Request-ID", faults)) {
        mark.ids.push_back({RequestKind::id, std::move(*id)});
    } else if (resource.request_id_required && !request.has_header("x-request-id")) {
        faults.push_back({"header", "X-Request-ID", "is missing"});
    }
    if (auto key = read_name(request, "idempotency-key", "Idempotency-Key", faults)) {
        mark.ids.push_back({RequestKind::key, unquoted(std::move(*key))});
    }
    if (auto attempt = read_name(request, "atoll-attempt", "Atoll-Attempt", faults)) {
        mark.attempt = *attempt;
        if (mark.ids.empty()) mark.ids.push_back({RequestKind::attempt, std::move(*attempt)});
    }
    read_tags(request, intent.precondition);
    if (is_traceparent(request.header("traceparent"))) {
        intent.traceparent = request.header("traceparent");
    }
    for (const KeptHeader& header : api.headers) {
        if (!header.keep || !request.has_header(header.name)) continue;
        const auto value = read_name(request, header.name, header.name, faults);
        if (value) intent.headers.emplace_back(header.name, *value);
    }
}

void read_body(const Resource& resource, SetByServer set_by_server, const http::Request& request,
               Intent& intent, std::vector<http::Fault>& faults, Named named) {
    const auto body = parse_json(request.body);
    if (!body) return fault_of_body(faults, body.error().what);
    if (!body->is(Json::Kind::object)) return fault_of_body(faults, "must be a JSON object");
    for (const auto& [name, json] : body->members) {
        read_member(resource, set_by_server, name, json, intent, faults, named);
    }
    check_needed(resource, *body, intent, faults, named);
}

void read_version(const http::Request& request, Intent& intent, std::vector<http::Fault>& faults) {
    const auto query = parse_query(request.query);
    if (!query) {
        faults.push_back({"parameter", "", "the query is not percent-encoded"});
        return;
    }
    for (const auto& [name, value] : *query) {
        if (name != "version") {
            faults.push_back({"parameter", name, "is not a parameter of this request"});
            continue;
        }
        std::uint64_t version = 0;
        const char* end = value.data() + value.size();
        const auto read = std::from_chars(value.data(), end, version);
        const bool good = read.ec == std::errc{} && read.ptr == end && version > 0;
        if (!good || intent.precondition.version) {
            faults.push_back({"parameter", "version", "must be one positive integer"});
        } else {
            intent.precondition.version = version;
        }
    }
}

void refuse_query(const http::Request& request, std::vector<http::Fault>& faults) {
    const auto query = parse_query(request.query);
    if (!query) {
        faults.push_back({"parameter", "", "the query is not percent-encoded"});
        return;
    }
    for (const auto& parameter : *query) {
        faults.push_back({"parameter", parameter.first, "is not a parameter of this request"});
    }
}

std::optional<std::chrono::nanoseconds> read_staleness(const Api& api, const http::Request& request,
                                                       std::vector<http::Fault>& faults) {
    const auto query = parse_query(request.query);
    if (!api.has_replicas || !query || query->size() != 1 ||
        query->front().first != staleness_name) {
        refuse_query(request, faults);
        return std::nullopt;
    }
    return read_seconds(query->front().second, faults);
}

ListRequest read_list(const Api& api, const Resource& resource, const http::Request& request,
                      std::vector<http::Fault>& faults) {
    return ListReader{api, resource, faults}.read(request.query);
}

std::string cursor_after(const Resource& resource, const store::ListQuery& query,
                         const std::pair<Value, Key>& last) {
    const Field& sort = resource.fields[query.sort];
    const auto& [value, key] = last;
    std::string json = "[";
    append_json_string(json, sort.name);
    json += query.descending ? ",\"-\"," : ",\"+\",";
    if (is_null(value)) {
        json += "null";
    } else {
        append_json_string(json, to_text(sort, value));
    }
    json += ',';
    append_json_string(json, to_text(key));
    json += ']';
    return to_base64url(json);
}

}  // namespace reef::api
