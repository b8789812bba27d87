#include "api/record_parameters.hpp"

#include <algorithm>
#include <array>

#include "api/json_schema.hpp"
#include "base/text/json_object.hpp"

namespace reef::api {

using namespace model;

namespace {

// 1 … 255 printable ASCII characters. White space around a header's value is no part of it.
constexpr std::string_view name_rules =
    R"("type":"string","minLength":1,"maxLength":255,"pattern":"^[!-~]([ -~]*[!-~])?$")";

std::string schema_of_name(std::string_view example) {
    return '{' + std::string{name_rules} + ",\"examples\":[" + json_text(example) + "]}";
}

Parameter header(std::string name, std::string description, std::string_view example) {
    return {std::move(name),
            In::header,
            false,
            R"({"type":"string","examples":[)" + json_text(example) + "]}",
            std::move(description),
            ""};
}

Parameter name_header(std::string name, std::string description, std::string_view example) {
    Parameter made = header(std::move(name), std::move(description), example);
    made.schema = schema_of_name(example);
    return made;
}

class RecordParameters {
public:
    RecordParameters(const Resource& resource, const Api& api) : resource_(resource), api_(api) {
        if (api.path_names_node()) made_.push_back(node_parameter(api));
    }

    std::vector<Parameter> make(const Operation& operation) && {
        switch (operation.kind) {
            case OperationKind::list:
                add_list();
                break;
            case OperationKind::look_up:
                add_path_field(resource_.look_ups[*operation.look_up].field);
                add_read_headers(true);
                break;
            case OperationKind::create:
                add_create();
                break;
            case OperationKind::update:
            case OperationKind::patch:
                add_path_field(resource_.key);
                add_write_headers();
                add_match_headers();
                break;
            case OperationKind::remove:
                add_remove();
                break;
            default:
                add_path_field(resource_.key);
                add_read_headers(true);
        }
        return std::move(made_);
    }

private:
    void add_list() {
        add_page_parameters();
        add_sort();
        add_filters();
        add_read_headers(false);
    }

    void add_create() {
        add_write_headers();
        if (!is_creatable(resource_, resource_.key)) return;
        made_.push_back(
            header("If-None-Match", "`*`: only when there is none yet, else 412.", "*"));
    }

    void add_remove() {
        add_path_field(resource_.key);
        std::string description = "The version that was read: when there is another by now, 409.";
        if (resource_.lock_required) {
            description += " `If-Match` may stand for it; one of them is needed.";
        }
        add_query("version", R"({"type":"integer","format":"int64","minimum":1})",
                  std::move(description), resource_.lock_required ? "1" : "");
        add_write_headers();
        add_match_headers();
    }

    // ---- path and query ----------------------------------------------------------------------

    void add_path_field(FieldId id) {
        const Field& field = resource_.fields[id];
        made_.push_back({field.name, In::path, true, json_schema(resource_, id, SchemaUse::path),
                         field.description, example_of(field)});
    }

    void add_query(std::string name, std::string schema, std::string description,
                   std::string example = "") {
        made_.push_back({std::move(name), In::query, false, std::move(schema),
                         std::move(description), std::move(example)});
    }

    void add_page_parameters() {
        const Page& page = resource_.page;
        JsonObject limit;
        limit.put_text("type", "integer").put("minimum", "1");
        const std::string most = std::to_string(page.rows_max);
        if (!page.limits_above_max) limit.put("maximum", most);
        limit.put("default", std::to_string(page.rows_default));
        std::string description = "How many at the most.";
        if (page.limits_above_max) description += " A limit above " + most + " is taken for it.";
        add_query("limit", limit.json(), std::move(description),
                  std::to_string(std::min<std::uint32_t>(10, page.rows_max)));
        if (page.by == PageBy::skip) {
            add_query("skip",
                      R"({"type":"integer","minimum":0,"maximum":9007199254740992,"default":0})",
                      "How many to pass over.");
            return;
        }
        add_query("cursor", R"({"type":"string"})",
                  "The mark of a page: `next`, or the `Link`, of the one before it.");
        if (api_.answers.list == ListShape::array && api_.answers.wrap.empty()) return;
        add_query("count", R"({"type":"boolean"})",
                  "With `true` the answer says how many there are on all pages, as `total`.");
    }

    void add_sort() {
        if (resource_.sort.empty()) return;
        std::vector<FieldId> fields = resource_.sort;
        if (std::find(fields.begin(), fields.end(), resource_.key) == fields.end()) {
            fields.insert(fields.begin(), resource_.key);
        }
        std::vector<std::string> names;
        for (const FieldId id : fields) {
            names.push_back(resource_.fields[id].name);
            names.push_back('-' + resource_.fields[id].name);
        }
        add_query("sort",
                  JsonObject{}.put_text("type", "string").put("enum", json_texts(names)).json(),
                  "The order; with `-` in front the reverse. Without it, that of the keys.");
    }

    void add_filters() {
        static constexpr std::array relations{"",         "not ",   "below ",
                                              "at most ", "above ", "at least "};
        for (const Filter& filter : resource_.filters) {
            add_query(filter.parameter, json_schema(resource_, filter.field, SchemaUse::query),
                      "Only those whose " + resource_.fields[filter.field].name + " is " +
                          relations[static_cast<std::size_t>(filter.compare)] + "this.");
        }
    }

    // ---- headers -----------------------------------------------------------------------------

    void add_kept_headers(bool writes) {
        for (const KeptHeader& kept : api_.headers) {
            const bool stored = kept.keep && writes;
            Parameter made = name_header(
                kept.name, stored ? "Stored with the change." : "Says what the request is for.",
                kept.example);
            made.required = kept.required;
            // A read asks for no more than that it is there.
            if (!stored) made.schema = R"({"type":"string","minLength":1})";
            if (kept.required) made.example = json_text(kept.example);
            made_.push_back(std::move(made));
        }
    }

    void add_read_headers(bool of_one) {
        if (api_.has_replicas) {
            add_query("max_staleness", R"({"type":"number","minimum":0})",
                      "By how many seconds the answer may be behind. `0`: not at all.");
        }
        add_kept_headers(false);
        if (of_one) {
            made_.push_back(header("If-None-Match",
                                   "An `ETag` that is known already: 304 when it still is the "
                                   "record's.",
                                   R"("base:1:1")"));
        }
        made_.push_back(
            header("Atoll-Token",
                   "The `Atoll-Token` of an earlier answer: this one shows what that one showed, "
                   "or wrote, and perhaps more.",
                   api_.nodes.empty() ? "us.k3f9ab:12" : api_.nodes.front() + ".k3f9ab:12"));
    }

    void add_write_headers() {
        add_kept_headers(true);
        Parameter id = name_header("X-Request-ID",
                                   "Names this request. When one of this name has taken effect, "
                                   "the answer is 422.",
                                   "a1");
        id.required = resource_.request_id_required;
        made_.push_back(std::move(id));
        made_.push_back(
            name_header("Idempotency-Key",
                        "Names this request. When it is repeated, the answer is the first one's, "
                        "and nothing more happens.",
                        "k1"));
        made_.push_back(header("traceparent", "W3C trace context, stored with the change.",
                               "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        add_preference();
    }

    void add_preference() {
        if (api_.nodes.size() < 2) return;
        made_.push_back(header(
            "Prefer",
            "`wait=2, atoll-peers=1`: the answer waits up to 2 seconds until 1 other " +
                api_.nodes_are + " has the write too. `Preference-Applied` says how many have it.",
            "wait=2, atoll-peers=1"));
    }

    void add_match_headers() {
        made_.push_back(header("If-Match",
                               "Only when the record's `ETag` is one of these: else 412.",
                               R"("base:1:1")"));
        made_.push_back(header("If-None-Match",
                               "Only when the record's `ETag` is none of these: else 412.",
                               R"("base:1:1")"));
    }

    const Resource& resource_;
    const Api& api_;
    std::vector<Parameter> made_;
};

}  // namespace

std::vector<Parameter> record_parameters(const Resource& resource, const Api& api,
                                         const Operation& operation) {
    return RecordParameters{resource, api}.make(operation);
}

Parameter node_parameter(const Api& api) {
    return {api.nodes_are,
            In::path,
            true,
            JsonObject{}.put_text("type", "string").put("enum", json_texts(api.nodes)).json(),
            "The " + api.nodes_are + " that is asked. While it is down, a gateway asks another.",
            api.nodes.empty() ? "" : json_text(api.nodes.front())};
}

}  // namespace reef::api
