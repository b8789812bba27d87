#include "api/record_operations.hpp"

#include <algorithm>

#include "api/json_schema.hpp"
#include "api/record_parameters.hpp"

namespace reef::api {

using namespace model;

namespace {

using Names = std::vector<std::string>;

// What the schema says about which refusals can happen at all.
struct Traits {
    bool unique = false;
    bool claims = false;       // a unique value, of another node
    bool ordered = false;      // a field that goes one way only
    bool counted = false;      // a field that may be added to
    bool refers = false;       // to other records
    bool referred = false;     // to by other records
    bool key_given = false;    // clients may give the key
    bool key_derived = false;  // the key may follow from the request's id
    bool carried = false;      // to its home, which may not answer
};

Traits traits_of(const Schema& schema, const Resource& resource) {
    Traits traits;
    for (const Field& field : resource.fields) {
        traits.unique |= field.unique;
        traits.claims |= field.unique_at_home;
        traits.counted |= field.merge == Merge::counter;
        traits.ordered |= field.merge != Merge::lww && field.merge != Merge::counter;
        traits.refers |= !field.refers_to.empty();
    }
    for (const Resource& other : schema.resources) {
        for (const Field& field : other.fields)
            traits.referred |= field.refers_to == resource.name;
    }
    traits.key_given = is_creatable(resource, resource.key);
    traits.key_derived = resource.key_field().key == KeyKind::uuid7;
    traits.carried = resource.write == WritePolicy::home;
    return traits;
}

class RecordOperations {
public:
    RecordOperations(const Schema& schema, const Resource& resource, const Api& api)
        : resource_(resource),
          api_(api),
          traits_(traits_of(schema, resource)),
          type_(type_name(schema, resource)) {}

    std::vector<Operation> make() const {
        std::vector<Operation> made{list(), create(), get(), update(), patch(), remove()};
        for (std::size_t i = 0; i < resource_.look_ups.size(); ++i)
            made.push_back(look_up(i));
        for (Operation& operation : made) {
            operation.parameters = record_parameters(resource_, api_, operation);
            complete_answers(operation);
        }
        return made;
    }

private:
    Operation begin(std::string id, OperationKind kind, http::Method method, std::string_view rest,
                    std::string summary) const {
        Operation operation;
        operation.id = std::move(id);
        operation.kind = kind;
        operation.method = method;
        operation.path = api_.path + '/' + resource_.name + std::string{rest};
        operation.resource = resource_.id;
        operation.summary = std::move(summary);
        return operation;
    }

    std::string key_template() const { return "/{" + resource_.key_field().name + '}'; }

    // ---- answers ---------------------------------------------------------------------------

    // 400 and 422 may fall together: an app says which status invalid input has.
    void add_invalid(Operation& operation, Names headers = {}) const {
        operation.answers.push_back({api_.answers.problems.invalid,
                                     "Not accepted",
                                     {"invalid_request"},
                                     std::move(headers)});
    }

    void add_read_answers(Operation& operation) const {
        add_invalid(operation);
        operation.answers.push_back({409, "The token can't be honoured", {"token_lost"}, {}});
        operation.answers.push_back(
            {503, "Try again soon", {"not_ready", "unavailable", "behind_token"}, {}});
        if (!api_.path_names_node()) return;
        operation.answers.push_back({404, "Not found", {"not_found"}, {}});
    }

    static void add_unreadable(Operation& operation) {
        operation.answers.push_back({500, "A mistake of the server", {"record_unreadable"}, {}});
    }

    // Of a read that was answered, besides `first`.
    Names read_headers(Names first) const {
        if (api_.has_replicas) first.emplace_back("Atoll-Age");
        return first;
    }

    void add_answers_of_one(Operation& operation) const {
        const Names headers = read_headers({"ETag", "Atoll-Token"});
        operation.answers = {{200, "The " + resource_.one, {}, headers},
                             {304, "It is as the client knows it", {}, headers},
                             {404, "Not found", {"not_found"}, {}}};
        add_read_answers(operation);
        add_unreadable(operation);
    }

    static bool is_change(OperationKind kind) {
        return kind == OperationKind::update || kind == OperationKind::patch;
    }

    // A write of a record that exists is compared with it.
    void add_conflicts(Operation& operation, Names conflicts) const {
        const bool is_update = is_change(operation.kind);
        // Without others to come from, a state that is not here does not exist.
        if (api_.nodes.size() > 1) conflicts.emplace_back("replica_behind");
        if (!conflicts.empty()) {
            operation.answers.push_back({409, "Conflict", std::move(conflicts), {"ETag"}});
        }
        operation.answers.push_back(
            {412, "It has changed since", {"precondition_failed"}, {"ETag"}});
        // An update that names no version lacks a field, where there is one for it.
        if (!resource_.lock_required || (is_update && resource_.version)) return;
        operation.answers.push_back(
            {428, "Say which version this is about", {"precondition_required"}, {"ETag"}});
    }

    void add_write_answers(Operation& operation) const {
        const OperationKind kind = operation.kind;
        Names refusals{"duplicate_request", "key_reused", "not_storable"};
        if (operation.has_body) {
            operation.answers.push_back(
                {415, "The body is not JSON", {"unsupported_media_type"}, {}});
            refusals.emplace_back("record_too_large");
            if (traits_.refers) refusals.emplace_back("unknown_reference");
        }
        // A field that can't be changed is refused beside the record as it is.
        add_invalid(operation, is_change(kind) ? Names{"ETag"} : Names{});
        operation.answers.push_back({404, "Not found", {"not_found"}, {}});
        operation.answers.push_back({422, "Not accepted", std::move(refusals), {}});
        Names busy{"not_ready", "unavailable"};
        const bool creates = kind == OperationKind::create;
        const bool of_existing = !creates || resource_.create == CreateMode::or_update;
        const bool claims = traits_.claims && operation.has_body;
        if ((of_existing && traits_.carried) || claims) busy.emplace_back("home_unreachable");
        if (creates && resource_.key_field().key == KeyKind::slots) {
            busy.emplace_back("ids_exhausted");
        }
        operation.answers.push_back({503, "Try again soon", std::move(busy), {}});
        add_unreadable(operation);
    }

    // Of a write that took effect, besides `first`.
    Names written_headers(Names first) const {
        first.emplace_back("Atoll-Token");
        first.emplace_back("Idempotency-Replayed");
        if (api_.nodes.size() > 1) first.emplace_back("Preference-Applied");
        if (traits_.carried || traits_.claims) first.emplace_back("Atoll-In-Stead");
        return first;
    }

    // ---- operations ------------------------------------------------------------------------

    Operation list() const {
        Operation operation = begin("list" + pascal_case(resource_.name), OperationKind::list,
                                    http::Method::get, "", "List " + resource_.name);
        Names headers = read_headers({"Atoll-Token", "Atoll-Unreadable"});
        if (resource_.page.by == PageBy::cursor) headers.insert(headers.begin(), "Link");
        operation.answers = {{200, "One page of " + resource_.name, {}, std::move(headers)}};
        add_read_answers(operation);
        return operation;
    }

    Operation get() const {
        Operation operation = begin("get" + type_, OperationKind::get, http::Method::get,
                                    key_template(), "Read one " + resource_.one);
        add_answers_of_one(operation);
        return operation;
    }

    Operation look_up(std::size_t index) const {
        const LookUp& declared = resource_.look_ups[index];
        const std::string& field = resource_.fields[declared.field].name;
        Operation operation =
            begin("get" + type_ + "By" + pascal_case(declared.prefix), OperationKind::look_up,
                  http::Method::get, '/' + declared.prefix + "/{" + field + '}',
                  "Find one " + resource_.one + " by its " + field);
        operation.look_up = index;
        add_answers_of_one(operation);
        return operation;
    }

    Operation create() const {
        Operation operation = begin("create" + type_, OperationKind::create, http::Method::post, "",
                                    "Create a " + resource_.one);
        operation.has_body = true;
        operation.answers = {{201, "Created", {}, written_headers({"Location", "ETag"})}};
        const bool updates = resource_.create == CreateMode::or_update;
        if (updates) {
            operation.answers.push_back(
                {200, "It existed and was changed", {}, written_headers({"ETag"})});
        }
        Names conflicts;
        if ((traits_.key_given && !updates) || traits_.key_derived) {
            conflicts.emplace_back("already_exists");
        }
        if (traits_.unique) conflicts.emplace_back("not_unique");
        if (updates && traits_.ordered) conflicts.emplace_back("against_order");
        if (!conflicts.empty()) {
            operation.answers.push_back({409, "Conflict", std::move(conflicts), {"ETag"}});
        }
        if (traits_.key_given) {
            operation.answers.push_back(
                {412, "It exists already", {"precondition_failed"}, {"ETag"}});
        }
        add_write_answers(operation);
        return operation;
    }

    Operation update() const {
        return change("update" + type_, OperationKind::update, http::Method::put,
                      "Change a " + resource_.one);
    }

    Operation patch() const {
        return change("patch" + type_, OperationKind::patch, http::Method::patch,
                      "Change parts of a " + resource_.one);
    }

    Operation change(std::string id, OperationKind kind, http::Method method,
                     std::string summary) const {
        Operation operation =
            begin(std::move(id), kind, method, key_template(), std::move(summary));
        operation.has_body = true;
        operation.answers = {
            {200, "The " + resource_.one + " after the write", {}, written_headers({"ETag"})}};
        Names conflicts;
        if (resource_.version || resource_.write == WritePolicy::home) {
            conflicts.emplace_back("version_conflict");
        }
        if (traits_.unique) conflicts.emplace_back("not_unique");
        if (traits_.ordered) conflicts.emplace_back("against_order");
        if (kind == OperationKind::patch && traits_.counted) conflicts.emplace_back("out_of_range");
        add_conflicts(operation, std::move(conflicts));
        add_write_answers(operation);
        return operation;
    }

    Operation remove() const {
        Operation operation = begin("delete" + type_, OperationKind::remove, http::Method::remove,
                                    key_template(), "Delete a " + resource_.one);
        const bool shows = api_.answers.deleted == DeletedShape::record;
        const std::string what = shows ? "The " + resource_.one + " that was deleted" : "Deleted";
        operation.answers = {{shows ? 200 : 204, what, {}, written_headers({})}};
        Names conflicts{"version_conflict"};
        if (traits_.referred) conflicts.emplace_back("still_referenced");
        add_conflicts(operation, std::move(conflicts));
        add_write_answers(operation);
        return operation;
    }

    const Resource& resource_;
    const Api& api_;
    const Traits traits_;
    const std::string type_;
};

// What any request may be answered with before an operation is looked for.
const std::vector<Answer>& http_answers() {
    static const std::vector<Answer> answers{
        {400, "No proper HTTP request", {"malformed_request"}, {}},
        {408, "The request did not come in time", {"request_timeout"}, {}},
        {413, "The body is too large", {"body_too_large"}, {}},
        {414, "The request target is too long", {"target_too_long"}, {}},
        {431, "The header is too large", {"headers_too_large"}, {}},
        {500, "A mistake of the server", {"internal_error"}, {}},
        {503, "Try again soon", {"overloaded"}, {"Retry-After"}}};
    return answers;
}

void add_new(Names& names, const Names& more) {
    for (const std::string& name : more) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
}

}  // namespace

void complete_answers(Operation& operation) {
    std::vector<Answer> all;
    operation.answers.insert(operation.answers.end(), http_answers().begin(), http_answers().end());
    for (Answer& answer : operation.answers) {
        const auto same = std::find_if(all.begin(), all.end(), [&](const Answer& other) {
            return other.status == answer.status;
        });
        if (same == all.end()) {
            all.push_back(std::move(answer));
        } else {
            add_new(same->errors, answer.errors);
            add_new(same->headers, answer.headers);
        }
    }
    std::sort(all.begin(), all.end(),
              [](const Answer& a, const Answer& b) { return a.status < b.status; });
    operation.answers = std::move(all);
}

// "order line" → "OrderLine": ASCII letters and digits, beginning with a capital letter.
std::string pascal_case(std::string_view words) {
    std::string name;
    bool begins = true;
    for (const char c : words) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9' && !name.empty());
        if (lower || other) name += static_cast<char>(lower && begins ? c - 32 : c);
        begins = !lower && !other;
    }
    return name;
}

std::vector<Operation> record_operations(const Schema& schema, const Resource& resource,
                                         const Api& api) {
    return RecordOperations{schema, resource, api}.make();
}

}  // namespace reef::api
