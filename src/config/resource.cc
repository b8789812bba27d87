#include "config/resource.hpp"

#include <algorithm>

#include "config/field_type.hpp"
#include "config/lists.hpp"
#include "config/unbuilt.hpp"

namespace reef::config {

namespace {

using model::Field;
using model::FieldId;
using model::FieldType;
using model::KeyKind;
using model::Resource;
using model::SetBy;

// A field that refers to another resource, which may stand further below.
struct Reference {
    model::ResourceId resource;
    FieldId field;
    Text target;
};

// "properties" → "property", "boxes" → "box", "shipments" → "shipment".
std::string singular_of(const std::string& name) {
    const auto ends = [&](std::string_view end) {
        return name.size() > end.size() && name.ends_with(end);
    };
    if (ends("ies")) return name.substr(0, name.size() - 3) + 'y';
    if (ends("sses") || ends("xes") || ends("ches") || ends("shes")) {
        return name.substr(0, name.size() - 2);
    }
    return ends("s") && !ends("ss") ? name.substr(0, name.size() - 1) : name;
}

// ---- name and fields -------------------------------------------------------------------------

void read_name(Section& section, const App& app, Resource& resource) {
    const auto name = section.needed("name");
    if (!name) return;
    resource.name = name->value;
    std::string word = name->value;
    std::replace(word.begin(), word.end(), '-', '_');
    const auto& reserved = reserved_paths();
    if (std::find(reserved.begin(), reserved.end(), name->value) != reserved.end()) {
        section.mistake(*name, "a resource cannot be called " + in_quotes(name->value) +
                                   ": every app has that path");
    } else if (const std::string wrong = wrong_with_name(word); !wrong.empty()) {
        section.mistake(*name, "a resource's name " + wrong);
    }
    if (app.schema.find(resource.name)) {
        section.mistake(*name, "there is already a resource " + in_quotes(resource.name));
    }
    if (app.api.path_names_node() && app.find(resource.name)) {
        section.mistake(*name, "a resource and a " + app.api.nodes_are + " cannot both be called " +
                                   in_quotes(resource.name) + ": their paths would be the same");
    }
}

void read_table(Section& section, const App& app, Resource& resource) {
    resource.one = singular_of(resource.name);
    if (const auto one = section.text("one")) {
        resource.one = one->value;
        const std::string wrong = wrong_with_name(one->value);
        if (!wrong.empty()) section.mistake(*one, "\"one\" " + wrong);
    }
    resource.table = resource.name;
    const auto table = section.text("table");
    if (table) {
        resource.table = table->value;
        const std::string wrong = wrong_with_name(resource.table);
        if (!wrong.empty()) section.mistake(*table, "the table's name " + wrong);
    }
    for (const Resource& other : app.schema.resources) {
        const bool said = !table && other.name == resource.name;
        if (said || lower_case(other.table) != lower_case(resource.table)) continue;
        const Location at = table ? table->at : section.at();
        section.mistake(
            at, in_quotes(other.name) + " is already kept in the table " + in_quotes(other.table));
    }
}

void check_node_fits(const Scope& scope, const FieldRead& read, const App& app) {
    if (read.field.set != SetBy::node || read.field.text_max == 0) return;
    for (const Node& node : app.nodes) {
        if (node.name.size() <= read.field.text_max) continue;
        scope.mistake(read.at, "the field " + in_quotes(read.field.name) + " has no room for the " +
                                   app.api.nodes_are + ' ' + in_quotes(node.name) + ": it takes " +
                                   std::to_string(read.field.text_max) + " characters");
    }
}

void read_fields(Section& section, const App& app, Resource& resource,
                 std::vector<Reference>& references) {
    const Toml* fields = section.find("fields");
    if (!fields) {
        section.mistake(section.at(), "[[resource]] needs its fields: [resource.fields]");
        return;
    }
    if (!fields->is(Toml::Kind::table)) {
        section.mistake(fields->at, "\"fields\" must be a table: [resource.fields]");
        return;
    }
    std::optional<FieldId> key;
    for (const auto& [name, value] : fields->members) {
        FieldRead read = read_field(name, value, section.scope());
        const auto id = static_cast<FieldId>(resource.fields.size());
        for (const Field& other : resource.fields) {
            if (lower_case(other.name) != lower_case(name.name)) continue;
            section.mistake(name.at, in_quotes(name.name) + " and " + in_quotes(other.name) +
                                         " are one column to a database");
        }
        if (read.field.key != KeyKind::none) {
            if (key)
                section.mistake(read.at,
                                "there is already a key: " + in_quotes(resource.fields[*key].name));
            if (!key) key = id;
        }
        if (read.field.type == FieldType::version) {
            if (resource.version)
                section.mistake(read.at, "there is already a version: " +
                                             in_quotes(resource.fields[*resource.version].name));
            if (!resource.version) resource.version = id;
        }
        check_node_fits(section.scope(), read, app);
        if (read.refers_to) references.push_back({resource.id, id, std::move(*read.refers_to)});
        resource.fields.push_back(std::move(read.field));
    }
    if (!key) {
        section.mistake(fields->at,
                        "no field is the key: id = { type = \"int64\", key = \"slots\" }");
    }
    resource.key = key.value_or(0);
}

// ---- writes ----------------------------------------------------------------------------------

void read_home(Section& section, Resource& resource) {
    using model::HomeDown;
    using model::WritePolicy;
    resource.write = section.choice<WritePolicy>(
        "write", WritePolicy::local, {{"local", WritePolicy::local}, {"home", WritePolicy::home}});
    resource.home_down =
        section.choice<HomeDown>("home_down", HomeDown::accept,
                                 {{"accept", HomeDown::accept}, {"reject", HomeDown::reject}});
    const auto home = section.text("home");
    const bool at_home = resource.write == WritePolicy::home;
    for (const char* name : {"home", "home_down"}) {
        const Toml* given = section.find(name);
        if (given && !at_home && (!section.has("write") || section.text("write"))) {
            section.mistake(given->at, in_quotes(name) + " is for write = \"home\"");
        }
    }
    if (at_home && !section.has("home")) {
        section.mistake(section.find("write")->at,
                        "write = \"home\" needs the field that names it: home = \"…\"");
    }
    if (!home) return;
    resource.home = field_named(section, resource, *home, home->value);
    if (resource.home && resource.fields[*resource.home].set != SetBy::node) {
        section.mistake(*home, "the field " + in_quotes(home->value) +
                                   " cannot be the home: it needs set = \"node\"");
    }
}

void read_messages(Section& section, Resource& resource) {
    auto messages = section.section("messages", "[resource.messages]");
    if (!messages) return;
    resource.messages.list = messages->text_or("list", "");
    resource.messages.get = messages->text_or("get", "");
    resource.messages.create = messages->text_or("create", "");
    resource.messages.update = messages->text_or("update", "");
    resource.messages.remove = messages->text_or("delete", "");
    resource.messages.not_found = messages->text_or("not_found", "");
    messages->done();
}

void read_send_to(Section& section, const App& app, Resource& resource) {
    const Toml* given = section.find("send_to");
    std::vector<std::string> left_out = app.api.nodes;
    bool known = true;
    for (const Text& name : section.texts("send_to")) {
        std::erase(left_out, name.value);
        resource.send_to.push_back(name.value);
        if (app.find(name.value)) continue;
        known = false;
        section.mistake(name, "unknown " + app.api.nodes_are + ' ' + in_quotes(name.value) +
                                  did_you_mean(name.value, app.api.nodes));
    }
    if (!given || !given->is(Toml::Kind::array)) return;
    if (given->items.empty()) {
        section.mistake(given->at,
                        "\"send_to\" names nobody; leave it out for every " + app.api.nodes_are);
    } else if (known && !left_out.empty()) {
        refuse_unbuilt(section.scope(), Unbuilt::partial_replication, given->at,
                       "remove \"send_to\", or name " + listed(left_out) + " too");
    }
}

// update_needs = ["price"]: an update without one of these fields is refused.
void read_update_needs(Section& section, Resource& resource) {
    for (const Text& name : section.texts("update_needs")) {
        const auto id = field_named(section, resource, name, name.value);
        if (!id) continue;
        if (!resource.has_state(*id) || resource.fields[*id].set != SetBy::client) {
            section.mistake(name, in_quotes(name.value) + " is no field that an update can change");
        } else {
            resource.update_needs.push_back(*id);
        }
    }
}

void read_writes(Section& section, Resource& resource) {
    const Choices<bool> optional_or_required{{"optional", false}, {"required", true}};
    resource.lock_required = section.choice<bool>("lock", false, optional_or_required);
    resource.request_id_required = section.choice<bool>("request_id", false, optional_or_required);
    read_update_needs(section, resource);
    using model::CreateMode;
    resource.create = section.choice<CreateMode>(
        "create", CreateMode::only_new,
        {{"only_new", CreateMode::only_new}, {"or_update", CreateMode::or_update}});
    const bool updates = resource.create == CreateMode::or_update && !resource.fields.empty();
    const Field* key = updates ? &resource.key_field() : nullptr;
    if (key && key->key != KeyKind::none && !key->key_from_client) {
        section.mistake(section.find("create")->at,
                        "create = \"or_update\" needs a key that clients "
                        "may give: " +
                            key->name + " = { …, from_client = true }");
    }
}

void check_reference(const Scope& scope, model::Schema& schema, const Reference& reference) {
    Field& field = schema.resources[reference.resource].fields[reference.field];
    const Resource* target = schema.find(reference.target.value);
    if (!target) {
        std::vector<std::string> names;
        for (const Resource& resource : schema.resources)
            names.push_back(resource.name);
        scope.mistake(reference.target, "unknown resource " + in_quotes(reference.target.value) +
                                            did_you_mean(reference.target.value, names));
        return;
    }
    field.refers_to = target->name;
    if (target->fields.empty()) return;
    const Field& key = target->key_field();
    if (key.key != KeyKind::none && key.type != field.type) {
        scope.mistake(reference.target, "the field " + in_quotes(field.name) +
                                            " must have the type of " + in_quotes(key.name) +
                                            ", the key of " + in_quotes(target->name));
    }
}

void read_resource(Section& section, App& app, std::vector<Reference>& references) {
    Resource resource;
    resource.id = static_cast<model::ResourceId>(app.schema.resources.size());
    read_name(section, app, resource);
    read_table(section, app, resource);
    read_fields(section, app, resource, references);
    read_home(section, resource);
    read_writes(section, resource);
    read_lists(section, resource);
    read_messages(section, resource);
    read_send_to(section, app, resource);
    resource.captured =
        section.choice<bool>("capture", false, {{"none", false}, {"trigger", true}});
    section.done();
    app.schema.resources.push_back(std::move(resource));
}

}  // namespace

const std::vector<std::string>& reserved_paths() {
    static const std::vector<std::string> paths{"health",       "replication-lag", "docs",
                                                "openapi.json", "asyncapi.json",   "livez",
                                                "readyz",       "metrics",         "_atoll"};
    return paths;
}

void read_resources(Section& top, App& app) {
    std::vector<Reference> references;
    auto sections = top.sections("resource", "[[resource]]");
    for (Section& section : sections)
        read_resource(section, app, references);
    if (!top.has("resource")) top.mistake(top.at(), "the app has no [[resource]]");
    for (const Reference& reference : references)
        check_reference(top.scope(), app.schema, reference);
}

}  // namespace reef::config
