#include "schema.hpp"

#include <stdexcept>

#include "config/app.hpp"

namespace reef::simulation {

using namespace model;

namespace {

Field field(std::string name, FieldType type, Merge merge = Merge::lww) {
    Field made;
    made.name = std::move(name);
    made.type = type;
    made.merge = merge;
    return made;
}

// Named by the client; each kind of merge.
Resource parcel() {
    Resource made;
    made.name = made.table = "parcels";
    made.one = "parcel";
    made.fields = {field("id", FieldType::text),
                   field("label", FieldType::text),
                   field("note", FieldType::text),
                   field("items", FieldType::int64, Merge::counter),
                   field("heaviest", FieldType::int64, Merge::max),
                   field("stage", FieldType::lattice, Merge::lattice),
                   field("version", FieldType::version),
                   field("updated_at", FieldType::timestamp)};
    made.fields[0].key = KeyKind::client;
    made.fields[2].nullable = made.fields[4].nullable = true;
    made.fields[3].default_value = Value{std::int64_t{0}};
    made.fields[5].order = {"packed", "sent", "there", "lost"};
    made.fields[5].default_value = Value{std::int64_t{0}};
    made.fields[7].set = SetBy::on_write;
    made.version = FieldId{6};
    return made;
}

std::vector<Resource> resources_of(const std::string& app) {
    const auto nothing = [](const std::string&) { return std::optional<std::string>{}; };
    auto loaded = config::load_app(REEF_SOURCE_DIR "/apps/" + app + ".toml", nothing, {});
    if (!loaded.app) throw std::runtime_error("apps/" + app + ".toml can't be read");
    return std::move(loaded.app->schema.resources);
}

Schema make_schema() {
    Schema schema;
    schema.resources = resources_of("property-listing");
    schema.resources.push_back(parcel());
    for (Resource& resource : resources_of("logistics"))
        schema.resources.push_back(std::move(resource));
    for (ResourceId id = 0; id < schema.resources.size(); ++id)
        schema.resources[id].id = id;
    return schema;
}

}  // namespace

const Schema& simulated_schema() {
    static const Schema schema = make_schema();
    return schema;
}

commit::Rows seed_rows(const Schema& schema, const std::vector<std::string>& nodes) {
    const Resource& resource = schema[properties];
    commit::Rows seed;
    for (std::int64_t id = 1; id <= seeded_properties; ++id) {
        std::vector<Value> values(resource.fields.size());
        values[*resource.find_field("price")] = std::int64_t{id * 100};
        values[*resource.find_field("region_origin")] =
            nodes[static_cast<std::size_t>(id) % nodes.size()];
        values[*resource.find_field("updated_at")] = std::int64_t{0};
        seed.rows.push_back(base_row(resource, Key{id}, std::move(values)));
    }
    const Resource& warehouse = schema[warehouses];
    std::vector<Value> values(warehouse.fields.size());
    for (const char* name : {"name", "location"})
        values[*warehouse.find_field(name)] = std::string{name};
    for (const char* name : {"created_at", "updated_at"})
        values[*warehouse.find_field(name)] = std::int64_t{0};
    seed.rows.push_back(base_row(warehouse, Key{seeded_warehouse}, std::move(values)));
    return seed;
}

}  // namespace reef::simulation
