#include "cli/first_requests.hpp"

#include <algorithm>

#include "api/openapi_schema.hpp"
#include "cli/shell.hpp"

namespace reef::cli {

namespace {

void add_header(std::string& line, const std::string& name, const std::string& value) {
    line += " -H " + shell_word(name + ": " + value);
}

std::string required_headers(const config::App& app) {
    std::string text;
    for (const api::KeptHeader& header : app.api.headers) {
        if (header.required)
            add_header(text, header.name, header.example.empty() ? "first-try" : header.example);
    }
    return text;
}

// False: a second create would repeat the value of a unique field, or a reference would lead to a
// record that does not exist.
bool can_be_repeated(const model::Resource& resource) {
    return std::none_of(
        resource.fields.begin(), resource.fields.end(),
        [](const model::Field& field) { return field.unique || !field.refers_to.empty(); });
}

}  // namespace

std::vector<std::string> first_requests(const config::App& app, const std::string& resource_url) {
    const model::Resource& resource = app.schema.resources.front();
    const std::string headers = required_headers(app);
    std::vector<std::string> lines{"curl " + shell_word(resource_url + "?limit=2") + headers};
    const std::string body = api::body_example(resource, api::SchemaUse::create);
    if (body.empty() || !can_be_repeated(resource)) return lines;
    std::string create = "curl -X POST " + shell_word(resource_url) + headers;
    add_header(create, "Content-Type", "application/json");
    if (resource.request_id_required) create += " -H \"X-Request-ID: $(date +%s%N)\"";
    lines.push_back(create + " -d " + shell_word(body));
    return lines;
}

}  // namespace reef::cli
