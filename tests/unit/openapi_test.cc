#include "api/openapi.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "api/openapi_problems.hpp"
#include "api/openapi_schema.hpp"
#include "api/request_decoding.hpp"
#include "base/text/json.hpp"
#include "config_fixture.hpp"
#include "golden.hpp"
#include "http/problem.hpp"
#include "requests.hpp"

namespace reef::api {
namespace {

using api::Answer;
using api::Operation;
using api::OperationKind;

struct Document {
    config::App app;
    std::vector<Operation> operations;
    Json json;
};

Document document_of(const std::string& name) {
    auto loaded = config::load_app(config::shipped(name + ".toml"), config::environment(),
                                   {.node = "", .whole_app = true});
    Document made;
    made.app = std::move(*loaded.app);
    made.operations = api::operations_of(made.app.schema, made.app.api);
    const std::string text = openapi_json(made.app.schema, made.app.api, made.operations);
    made.json = *parse_json(text);
    return made;
}

void append_pretty(std::string& out, const Json& json, std::size_t depth) {
    const bool array = json.is(Json::Kind::array);
    if ((array && json.items.empty()) || !(array || json.is(Json::Kind::object)) ||
        (!array && json.members.empty())) {
        return append_json(out, json);
    }
    out += array ? '[' : '{';
    const std::size_t count = array ? json.items.size() : json.members.size();
    for (std::size_t i = 0; i < count; ++i) {
        out += (i > 0 ? ",\n" : "\n") + std::string(2 * depth + 2, ' ');
        if (!array) {
            append_json_string(out, json.members[i].first);
            out += ": ";
        }
        append_pretty(out, array ? json.items[i] : json.members[i].second, depth + 1);
    }
    out += '\n' + std::string(2 * depth, ' ') + (array ? ']' : '}');
}

// Calls `see` with every object inside, and what leads there.
void walk(const Json& json, const std::string& at,
          const std::function<void(const std::string&, const Json&)>& see) {
    if (json.is(Json::Kind::object)) see(at, json);
    for (std::size_t i = 0; i < json.items.size(); ++i)
        walk(json.items[i], at + '/' + std::to_string(i), see);
    for (const auto& [name, member] : json.members) {
        std::string below = at;
        append_pointer_part(below, name);
        walk(member, below, see);
    }
}

const Json* find(const Json& json, std::initializer_list<std::string_view> path) {
    const Json* at = &json;
    for (const auto name : path)
        at = at ? at->find(name) : nullptr;
    return at;
}

class OpenApi : public testing::TestWithParam<const char*> {
protected:
    OpenApi() : document_(document_of(GetParam())) {}
    const Document document_;
};

INSTANTIATE_TEST_SUITE_P(Apps, OpenApi,
                         testing::Values("property-listing", "logistics", "products"),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST_P(OpenApi, IsTheGoldenFile) {
    Json json = document_.json;
    for (auto& [name, member] : json.members) {
        if (name != "info") continue;
        for (auto& [key, value] : member.members)
            if (key == "version") value.text = "VERSION";
    }
    std::string text;
    append_pretty(text, json, 0);
    expect_golden("openapi-" + std::string{GetParam()} + ".json", text + '\n');
}

TEST_P(OpenApi, EveryReferenceLeadsSomewhere) {
    std::set<std::string> known;
    std::set<std::string> named;
    walk(document_.json, "#", [&](const std::string& at, const Json& object) {
        known.insert(at);
        if (const Json* reference = object.find("$ref")) named.insert(reference->text);
    });
    EXPECT_GT(named.size(), 10U);
    for (const std::string& reference : named)
        EXPECT_TRUE(known.contains(reference)) << reference;
}

TEST_P(OpenApi, EverySchemaAndHeaderIsUsed) {
    std::set<std::string> named;
    walk(document_.json, "#", [&](const std::string&, const Json& object) {
        if (const Json* reference = object.find("$ref")) named.insert(reference->text);
    });
    for (const char* part : {"schemas", "responses"}) {
        for (const auto& [name, member] : find(document_.json, {"components", part})->members) {
            EXPECT_TRUE(named.contains("#/components/" + std::string{part} + '/' + name)) << name;
        }
    }
}

TEST_P(OpenApi, OperationsHaveNamesOfTheirOwn) {
    std::set<std::string> names;
    for (const Operation& operation : document_.operations) {
        if (!operation.documented) continue;
        EXPECT_TRUE(names.insert(operation.id).second) << operation.id;
    }
}

TEST_P(OpenApi, EveryPartOfAPathIsAParameter) {
    for (const Operation& operation : document_.operations) {
        if (!operation.documented) continue;
        std::string rest = operation.path;
        for (const api::Parameter& parameter : operation.parameters) {
            if (parameter.in != api::In::path) continue;
            const std::size_t at = rest.find('{' + parameter.name + '}');
            ASSERT_NE(at, rest.npos) << operation.id << ' ' << parameter.name;
            rest.erase(at, parameter.name.size() + 2);
            EXPECT_TRUE(parameter.required);
            EXPECT_NE(parameter.example, "") << operation.id << ' ' << parameter.name;
        }
        EXPECT_EQ(rest.find('{'), rest.npos) << operation.path;
    }
}

TEST_P(OpenApi, EveryExampleOfABodyIsTaken) {
    int seen = 0;
    for (const Operation& operation : document_.operations) {
        if (!operation.has_body || !operation.documented) continue;
        const bool creates = operation.kind == OperationKind::create;
        const auto& resource = document_.app.schema[*operation.resource];
        const std::string body =
            body_example(resource, creates ? api::SchemaUse::create : api::SchemaUse::update);
        const RequestText request{operation.method, "/", {}, body};
        model::Intent intent;
        intent.kind = creates ? model::WriteKind::create : model::WriteKind::update;
        std::vector<http::Fault> faults;
        read_body(resource, document_.app.api.answers.set_by_server, request, intent, faults);
        EXPECT_EQ(text_of(faults), "") << operation.id << ' ' << body;
        EXPECT_FALSE(intent.fields.empty()) << body;
        ++seen;
    }
    EXPECT_GE(seen, 2);
}

TEST_P(OpenApi, EveryExampleOfAKeyIsTaken) {
    for (const Operation& operation : document_.operations) {
        if (operation.kind != OperationKind::get || !operation.resource) continue;
        const auto& resource = document_.app.schema[*operation.resource];
        std::string example = api::example_of(resource.key_field());
        std::erase(example, '"');
        std::vector<http::Fault> faults;
        EXPECT_TRUE(read_key(resource, example, faults)) << example;
    }
}

TEST_P(OpenApi, AnswersAreInOrderAndOnce) {
    for (const Operation& operation : document_.operations) {
        int before = 0;
        for (const Answer& answer : operation.answers) {
            EXPECT_GT(answer.status, before) << operation.id;
            before = answer.status;
        }
    }
}

TEST_P(OpenApi, EveryProblemIsOneThatTheApiHas) {
    for (const Operation& operation : document_.operations) {
        for (const Answer& answer : operation.answers) {
            EXPECT_EQ(answer.errors.empty(), answer.status < 400 || operation.id == "getReadiness")
                << operation.id << ' ' << answer.status;
            for (const std::string& error : answer.errors) {
                const http::ProblemKind& kind = http::problem_kind(error);
                EXPECT_EQ(kind.code, error) << operation.id;
                const bool invalid = error == "invalid_request";
                EXPECT_EQ(answer.status,
                          invalid ? document_.app.api.answers.problems.invalid : kind.status)
                    << operation.id << ' ' << error;
                if (!operation.documented) continue;
                EXPECT_TRUE(find_problem_text(error)) << error;
                const bool retry = std::ranges::count(answer.headers, "Retry-After") > 0;
                EXPECT_EQ(retry, kind.retry) << error;
            }
        }
    }
}

TEST_P(OpenApi, EveryExampleOfAProblemNamesItself) {
    const bool wrapped = !document_.app.api.answers.problems.wrap_error.empty();
    int seen = 0;
    walk(document_.json, "#", [&](const std::string& at, const Json& object) {
        const Json* examples = object.find("examples");
        if (!examples || !examples->is(Json::Kind::object)) return;
        for (const auto& [name, example] : examples->members) {
            const Json* code = find(example, {"value", "code"});
            ASSERT_TRUE(code) << at << ' ' << name;
            EXPECT_EQ(code->text, name) << at;
            const Json* error = find(example, {"value", "error"});
            const Json* title = find(example, {"value", "title"});
            ASSERT_TRUE(error) << at << ' ' << name;
            EXPECT_EQ(title == nullptr, wrapped) << at;
            EXPECT_TRUE(!title || error->text == title->text) << at;
            EXPECT_NE(error->text, name) << at;
            const Json* status = find(example, {"value", "status"});
            EXPECT_EQ(status == nullptr, wrapped) << at;
            ++seen;
        }
    });
    EXPECT_GT(seen, 20);
}

TEST_P(OpenApi, EveryRecordNamesItsFields) {
    for (const model::Resource& resource : document_.app.schema.resources) {
        const std::string type = api::type_name(document_.app.schema, resource);
        const Json* record = find(document_.json, {"components", "schemas", type});
        ASSERT_TRUE(record) << type;
        const Json& properties = *record->find("properties");
        ASSERT_EQ(properties.members.size(), resource.fields.size());
        for (std::size_t i = 0; i < resource.fields.size(); ++i) {
            const auto& [name, schema] = properties.members[i];
            EXPECT_EQ(name, resource.fields[i].name);
            const bool fixed =
                api::is_fixed(resource, static_cast<model::FieldId>(i)) || resource.version == i;
            EXPECT_EQ(schema.find("readOnly") != nullptr, fixed) << name;
        }
    }
}

// ---- what each app promises ------------------------------------------------------------------

std::map<std::string, std::string> statuses_of(const Document& document) {
    std::map<std::string, std::string> statuses;
    for (const Operation& operation : document.operations) {
        if (!operation.documented) continue;
        for (const Answer& answer : operation.answers) {
            // What every operation has is in the golden files.
            static const std::set<int> common{408, 413, 414, 431, 500, 503};
            if (common.contains(answer.status)) continue;
            auto& text = statuses[operation.id];
            text += (text.empty() ? "" : " ") + std::to_string(answer.status);
        }
    }
    return statuses;
}

TEST(OpenApiStatuses, PropertyListing) {
    const std::map<std::string, std::string> wanted{
        {"listProperties", "200 400 404 409"},
        {"createProperty", "201 400 404 409 412 415 422"},
        {"getProperty", "200 304 400 404 409"},
        {"updateProperty", "200 400 404 409 412 415 422"},
        {"patchProperty", "200 400 404 409 412 415 422"},
        {"deleteProperty", "204 400 404 409 412 422 428"},
        {"getHealth", "200 400 404"},
        {"getReplicationLag", "200 400 404"}};
    EXPECT_EQ(statuses_of(document_of("property-listing")), wanted);
}

TEST(OpenApiStatuses, Logistics) {
    const std::map<std::string, std::string> wanted{
        {"listWarehouses", "200 400 409 422"},
        {"createWarehouse", "201 400 404 415 422"},
        {"getWarehouse", "200 304 400 404 409 422"},
        {"updateWarehouse", "200 400 404 409 412 415 422"},
        {"patchWarehouse", "200 400 404 409 412 415 422"},
        {"deleteWarehouse", "200 400 404 409 412 422"},
        {"listShipments", "200 400 409 422"},
        {"createShipment", "201 400 404 409 415 422"},
        {"getShipment", "200 304 400 404 409 422"},
        {"getShipmentByTracking", "200 304 400 404 409 422"},
        {"updateShipment", "200 400 404 409 412 415 422"},
        {"patchShipment", "200 400 404 409 412 415 422"},
        {"deleteShipment", "200 400 404 409 412 422"},
        {"getHealth", "200 400"},
        {"getReplicationLag", "200 400"}};
    EXPECT_EQ(statuses_of(document_of("logistics")), wanted);
}

TEST(OpenApiStatuses, Products) {
    const std::map<std::string, std::string> wanted{
        {"listProducts", "200 400 409"},
        {"createProduct", "200 201 400 404 409 412 415 422"},
        {"getProduct", "200 304 400 404 409"},
        {"updateProduct", "200 400 404 412 415 422"},
        {"patchProduct", "200 400 404 409 412 415 422"},
        {"deleteProduct", "200 400 404 409 412 422"},
        {"getHealth", "200 400"},
        {"getReplicationLag", "200 400"}};
    EXPECT_EQ(statuses_of(document_of("products")), wanted);
}

TEST(OpenApiExamples, AnUpdateOfAPropertyIsTheOneOfTheTour) {
    const Document document = document_of("property-listing");
    const Json* example =
        find(document.json, {"paths", "/{region}/properties/{id}", "put", "requestBody", "content",
                             "application/json", "example"});
    ASSERT_TRUE(example);
    std::string text;
    append_json(text, *example);
    EXPECT_EQ(text, R"({"price":520000.00,"version":1})");
}

TEST(OpenApiNames, OfTypes) {
    model::Schema schema;
    for (const auto& [name, one] : {std::pair{"order-lines", "order line"},
                                    {"x1", "thing"},
                                    {"x2", "Thing"},
                                    {"x3", "1st"},
                                    {"more_things", "\xC3\xA9"}}) {
        schema.resources.emplace_back();
        schema.resources.back().name = name;
        schema.resources.back().one = one;
    }
    std::string names;
    for (const model::Resource& resource : schema.resources)
        names += api::type_name(schema, resource) + ' ';
    EXPECT_EQ(names, "OrderLine X1 X2 St MoreThings ");
}

}  // namespace
}  // namespace reef::api
