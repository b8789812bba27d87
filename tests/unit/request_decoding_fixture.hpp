// What tests of reading requests share: an app with two resources, and each reader's faults as
// text.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "api/request_decoding.hpp"
#include "config_fixture.hpp"
#include "requests.hpp"

namespace reef::api {

inline constexpr const char* shop_file = R"toml(
[app]
name = "shop"

[headers.operation-name]
required = true
keep = true

[[node]]
name = "a"
listen = "127.0.0.1:8000"

[[resource]]
name = "things"
lock = "required"
update_needs = ["price"]
sort = ["price", "name"]
page = { default = 10, max = 50 }

[resource.filter]
min_price = "price >="
called = "name ="

[resource.fields]
id = { type = "int64", key = "slots", from_client = true }
name = "text(5)"
price = { type = "decimal(12,2)", min = 0 }
rooms = "int32?"
region = { type = "text(2)", set = "node" }
version = "version"
changed = { type = "timestamp", set = "on_write" }

[[resource]]
name = "notes"
request_id = "required"
page = { by = "skip", default = 10, max = 50 }

[resource.fields]
id = { type = "text(8)", key = "client" }
size = "int32"
)toml";

class Reading : public config::ConfigTest {
protected:
    Reading() {
        auto loaded = load(shop_file);
        EXPECT_TRUE(loaded.app) << config::text_of(loaded.mistakes);
        app_ = std::move(*loaded.app);
    }

    const model::Resource& things() const { return app_.schema.resources[0]; }
    const model::Resource& notes() const { return app_.schema.resources[1]; }

    // ---- each returns the faults as text, and leaves what was read in intent_, list_, key_ ----

    std::string key(const model::Resource& resource, std::string_view text) {
        std::vector<http::Fault> faults;
        key_ = read_key(resource, text, faults);
        return text_of(faults);
    }

    std::string headers(const model::Resource& resource, RequestText::Headers headers) {
        const RequestText request{http::Method::put, "/things/1", std::move(headers)};
        std::vector<http::Fault> faults;
        intent_ = {};
        read_headers(app_.api, resource, request, intent_, faults);
        return text_of(faults);
    }

    std::string create(const model::Resource& resource, std::string json) {
        intent_ = {};
        intent_.kind = model::WriteKind::create;
        return body(resource, std::move(json));
    }

    std::string update(std::string json, RequestText::Headers headers = {}) {
        intent_ = {};
        intent_.kind = model::WriteKind::update;
        intent_.key = model::Key{std::int64_t{1}};
        const RequestText request{http::Method::put, "/things/1", std::move(headers),
                                  std::move(json)};
        std::vector<http::Fault> faults;
        read_headers(app_.api, things(), request, intent_, faults);
        read_body(things(), app_.api.answers.set_by_server, request, intent_, faults);
        return text_of(faults);
    }

    std::string body(const model::Resource& resource, std::string json) {
        const RequestText request{http::Method::post, "/", {}, std::move(json)};
        std::vector<http::Fault> faults;
        read_body(resource, app_.api.answers.set_by_server, request, intent_, faults);
        return text_of(faults);
    }

    std::string list(const model::Resource& resource, const std::string& query) {
        const RequestText request{http::Method::get, "/things?" + query};
        std::vector<http::Fault> faults;
        list_ = read_list(app_.api, resource, request, faults);
        return text_of(faults);
    }

    std::string version(const std::string& query) {
        const RequestText request{http::Method::remove, "/things/1?" + query};
        std::vector<http::Fault> faults;
        intent_ = {};
        read_version(request, intent_, faults);
        return text_of(faults);
    }

    std::optional<model::Value> written(std::string_view field) const {
        const auto id = things().find_field(field);
        for (const auto& [named, value] : intent_.fields) {
            if (named == *id) return value;
        }
        return std::nullopt;
    }

    config::App app_;
    std::optional<model::Key> key_;
    model::Intent intent_;
    ListRequest list_;
};

}  // namespace reef::api
