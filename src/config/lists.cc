#include "config/lists.hpp"

#include <algorithm>

namespace reef::config {

namespace {

using model::Field;
using model::FieldId;
using model::FieldType;
using model::Resource;

std::vector<std::string> names_of_fields(const Resource& resource) {
    std::vector<std::string> names;
    for (const Field& field : resource.fields)
        names.push_back(field.name);
    return names;
}

void read_sort(Section& section, Resource& resource) {
    for (const Text& name : section.texts("sort")) {
        const auto id = field_named(section, resource, name, name.value);
        if (!id) continue;
        if (resource.fields[*id].type == FieldType::json) {
            section.mistake(name, "json cannot be sorted by");
        } else if (std::find(resource.sort.begin(), resource.sort.end(), *id) !=
                   resource.sort.end()) {
            section.mistake(name, in_quotes(name.value) + " stands here twice");
        } else {
            resource.sort.push_back(*id);
        }
    }
}

// min_price = "price >="
void read_filter(const Section& section, Resource& resource, const TomlKey& parameter,
                 const Text& text) {
    using model::Compare;
    static const Choices<Compare> comparisons{
        {"=", Compare::equal},       {"!=", Compare::not_equal}, {"<", Compare::less},
        {"<=", Compare::less_equal}, {">", Compare::greater},    {">=", Compare::greater_equal}};
    const std::size_t split = std::min(text.value.find_first_of("=!<>"), text.value.size());
    const std::string_view name = trimmed(std::string_view{text.value}.substr(0, split));
    const std::string_view sign = trimmed(std::string_view{text.value}.substr(split));
    const auto comparison = std::find_if(comparisons.begin(), comparisons.end(),
                                         [&](const auto& c) { return c.first == sign; });
    if (name.empty() || comparison == comparisons.end()) {
        section.mistake(text, "a filter is a field and =, !=, <, <=, > or >=: \"price >=\", not " +
                                  in_quotes(text.value));
        return;
    }
    if (parameter.name.empty() || !is_made_of_letters_digits_and("-_", parameter.name)) {
        section.mistake(parameter.at,
                        "a filter's name is part of URLs: letters, digits, \"-\", \"_\"");
    }
    static const std::vector<std::string> taken{"limit", "cursor", "skip",
                                                "sort",  "count",  "version"};
    if (std::find(taken.begin(), taken.end(), parameter.name) != taken.end()) {
        section.mistake(parameter.at, "a filter cannot be called " + in_quotes(parameter.name) +
                                          ": every list has that parameter");
    }
    const auto id = field_named(section, resource, text, name);
    if (!id) return;
    if (resource.fields[*id].type == FieldType::json) {
        section.mistake(text, "json cannot be filtered by");
    }
    resource.filters.push_back({parameter.name, *id, comparison->second});
}

void read_filters(Section& section, Resource& resource) {
    const Toml* filters = section.find("filter");
    if (!filters) return;
    if (!filters->is(Toml::Kind::table)) {
        section.mistake(filters->at, "\"filter\" must be a table: [resource.filter]");
        return;
    }
    for (const auto& [parameter, value] : filters->members) {
        if (!value.is(Toml::Kind::string)) {
            section.mistake(value.at, "a filter must be a string: \"price >=\", not " +
                                          std::string{name_of(value.kind)});
        } else if (const auto text = filled_in(value, section.scope())) {
            read_filter(section, resource, parameter, *text);
        }
    }
}

// "tracking/{tracking_number}"
void read_look_ups(Section& section, Resource& resource) {
    for (const Text& text : section.texts("look_up")) {
        const std::size_t slash = std::min(text.value.find("/{"), text.value.size());
        const std::string prefix = text.value.substr(0, slash);
        const bool formed = !prefix.empty() && is_made_of_letters_digits_and("-_", prefix) &&
                            slash < text.value.size() && text.value.ends_with('}');
        if (!formed) {
            section.mistake(text, "a look-up is a word and a field: \"tracking/{number}\", not " +
                                      in_quotes(text.value));
            continue;
        }
        const std::string name = text.value.substr(slash + 2, text.value.size() - slash - 3);
        const auto id = field_named(section, resource, text, name);
        if (!id) continue;
        if (!resource.fields[*id].unique) {
            section.mistake(text, "the field " + in_quotes(name) +
                                      " cannot be looked up: it needs unique = true");
        }
        const bool repeated =
            std::any_of(resource.look_ups.begin(), resource.look_ups.end(),
                        [&](const model::LookUp& other) { return other.prefix == prefix; });
        if (repeated) section.mistake(text, "there is already a look-up " + in_quotes(prefix));
        resource.look_ups.push_back({prefix, *id});
    }
}

void read_page(Section& section, Resource& resource) {
    auto page = section.section("page", "\"page\"");
    if (!page) return;
    using model::PageBy;
    constexpr std::int64_t rows_max = 100'000;
    model::Page& read = resource.page;
    read.by = page->choice<PageBy>("by", PageBy::cursor,
                                   {{"cursor", PageBy::cursor}, {"skip", PageBy::skip}});
    read.rows_max = static_cast<std::uint32_t>(page->integer("max", read.rows_max, 1, rows_max));
    read.rows_default = static_cast<std::uint32_t>(
        page->integer("default", std::min(read.rows_default, read.rows_max), 1, rows_max));
    if (read.rows_default > read.rows_max) {
        page->mistake(page->has("default") ? page->find("default")->at : page->at(),
                      "\"default\" is above \"max\"");
    }
    read.limits_above_max =
        page->choice<bool>("above_max", false, {{"refuse", false}, {"max", true}});
    page->done();
}

}  // namespace

std::optional<FieldId> field_named(const Section& section, const Resource& resource,
                                   const Text& text, std::string_view name) {
    const auto id = resource.find_field(name);
    if (!id) {
        section.mistake(text, "unknown field " + in_quotes(name) +
                                  did_you_mean(name, names_of_fields(resource)));
    }
    return id;
}

void read_lists(Section& section, Resource& resource) {
    read_sort(section, resource);
    read_filters(section, resource);
    read_look_ups(section, resource);
    read_page(section, resource);
}

}  // namespace reef::config
