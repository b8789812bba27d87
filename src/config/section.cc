#include "config/section.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace reef::config {

namespace {

std::string shortest(double number) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr};
}

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

}  // namespace

void Scope::mistake(Location at, std::string what) const {
    mistakes->push_back({at.line, at.column, std::move(what)});
}

void Scope::mistake(const Text& text, std::string what) const {
    mistake(text.at, std::move(what) + text.source());
}

std::string Text::source() const {
    return variables.empty() ? "" : " (from " + listed(variables) + ')';
}

std::optional<Text> filled_in(const Toml& value, const Scope& scope) {
    if (!value.is(Toml::Kind::string)) return Text{value.text, value.at};
    Expanded expanded = expand(value.text, scope.lookup, scope.unset);
    if (!expanded.mistake.empty()) {
        scope.mistake(value.at, std::move(expanded.mistake));
        return std::nullopt;
    }
    return Text{std::move(expanded.text), value.at, std::move(expanded.from)};
}

Section::Section(const Toml& table, std::string title, Scope scope)
    : table_(table), title_(std::move(title)), scope_(std::move(scope)) {}

Section Section::in(Scope scope) const {
    return Section{table_, title_, std::move(scope)};
}

bool Section::has(const std::string& name) const {
    return std::any_of(table_.members.begin(), table_.members.end(),
                       [&](const auto& member) { return member.first.name == name; });
}

const Toml* Section::find(const std::string& name) {
    if (std::find(known_.begin(), known_.end(), name) == known_.end()) known_.push_back(name);
    for (const auto& [key, value] : table_.members) {
        if (key.name == name) return &value;
    }
    return nullptr;
}

std::optional<Text> Section::text(const std::string& name) {
    const Toml* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is(Toml::Kind::string)) {
        refuse_kind(name, *value, "a string");
        return std::nullopt;
    }
    return filled_in(*value, scope_);
}

std::optional<Text> Section::needed(const std::string& name) {
    if (!find(name)) mistake(at(), title_ + " needs " + in_quotes(name));
    return text(name);
}

std::string Section::text_or(const std::string& name, std::string fallback) {
    auto given = text(name);
    return given ? std::move(given->value) : std::move(fallback);
}

std::vector<Text> Section::texts(const std::string& name) {
    std::vector<Text> texts;
    const Toml* value = find(name);
    if (!value) return texts;
    if (!value->is(Toml::Kind::array)) {
        refuse_kind(name, *value, "an array of strings");
        return texts;
    }
    for (const Toml& item : value->items) {
        if (!item.is(Toml::Kind::string)) {
            refuse_kind(name, item, "an array of strings");
        } else if (auto text = filled_in(item, scope_)) {
            texts.push_back(std::move(*text));
        }
    }
    return texts;
}

bool Section::flag(const std::string& name, bool fallback) {
    const Toml* value = find(name);
    if (!value) return fallback;
    if (!value->is(Toml::Kind::boolean) && !value->is(Toml::Kind::string)) {
        refuse_kind(name, *value, "true or false");
        return fallback;
    }
    const auto given = filled_in(*value, scope_);
    if (!given) return fallback;
    if (given->value == "true" || given->value == "false") return given->value == "true";
    mistake(*given, in_quotes(name) + " must be true or false, not " + in_quotes(given->value));
    return fallback;
}

std::int64_t Section::integer(const std::string& name, std::int64_t fallback, std::int64_t min,
                              std::int64_t max) {
    const Toml* value = find(name);
    if (!value) return fallback;
    if (!value->is(Toml::Kind::integer) && !value->is(Toml::Kind::string)) {
        refuse_kind(name, *value, "an integer");
        return fallback;
    }
    const auto given = filled_in(*value, scope_);
    if (!given) return fallback;
    const auto number = parse_whole<std::int64_t>(given->value);
    if (number && *number >= min && *number <= max) return *number;
    const std::string range =
        number ? " from " + std::to_string(min) + " to " + std::to_string(max) : "";
    mistake(*given,
            in_quotes(name) + " must be an integer" + range + ", not " + in_quotes(given->value));
    return fallback;
}

double Section::number(const std::string& name, double fallback, double above) {
    const Toml* value = find(name);
    if (!value) return fallback;
    const bool fits = value->is(Toml::Kind::integer) || value->is(Toml::Kind::floating) ||
                      value->is(Toml::Kind::string);
    if (!fits) {
        refuse_kind(name, *value, "a number");
        return fallback;
    }
    const auto given = filled_in(*value, scope_);
    if (!given) return fallback;
    const auto number = parse_whole<double>(given->value);
    if (number && std::isfinite(*number) && *number > above) return *number;
    const std::string range = number ? " above " + shortest(above) : "";
    mistake(*given,
            in_quotes(name) + " must be a number" + range + ", not " + in_quotes(given->value));
    return fallback;
}

std::map<std::string, std::string> Section::map(const std::string& name) {
    std::map<std::string, std::string> map;
    const Toml* value = find(name);
    if (!value) return map;
    if (!value->is(Toml::Kind::table)) {
        refuse_kind(name, *value, "a table");
        return map;
    }
    for (const auto& [key, item] : value->members) {
        if (item.is(Toml::Kind::array) || item.is(Toml::Kind::table)) {
            refuse_kind(key.name, item, "a string");
        } else if (auto text = filled_in(item, scope_)) {
            map.emplace(key.name, std::move(text->value));
        }
    }
    return map;
}

std::optional<Section> Section::section(const std::string& name, std::string title) {
    const Toml* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is(Toml::Kind::table)) {
        refuse_kind(name, *value, "a table: " + title);
        return std::nullopt;
    }
    return Section{*value, std::move(title), scope_};
}

std::vector<Section> Section::sections(const std::string& name, std::string title) {
    std::vector<Section> sections;
    const Toml* value = find(name);
    if (!value) return sections;
    if (!value->is(Toml::Kind::array)) {
        refuse_kind(name, *value, "an array of tables: " + title);
        return sections;
    }
    for (const Toml& item : value->items) {
        if (item.is(Toml::Kind::table)) {
            sections.emplace_back(item, title, scope_);
        } else {
            refuse_kind(name, item, "an array of tables: " + title);
        }
    }
    return sections;
}

void Section::done() const {
    for (const auto& [key, value] : table_.members) {
        if (std::find(known_.begin(), known_.end(), key.name) != known_.end()) continue;
        mistake(key.at, "unknown field " + in_quotes(key.name) +
                            (title_.empty() ? "" : " in " + title_) +
                            did_you_mean(key.name, known_));
    }
}

std::optional<std::size_t> Section::choose(const std::string& name,
                                           const std::vector<std::string>& words) {
    const Toml* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is(Toml::Kind::string)) {
        refuse_kind(name, *value, one_of(words));
        return std::nullopt;
    }
    const auto given = filled_in(*value, scope_);
    if (!given) return std::nullopt;
    const auto found = std::find(words.begin(), words.end(), given->value);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    mistake(*given, in_quotes(name) + " must be " + one_of(words) + ", not " +
                        in_quotes(given->value) + did_you_mean(given->value, words));
    return std::nullopt;
}

void Section::refuse_kind(const std::string& name, const Toml& value,
                          std::string_view wanted) const {
    mistake(value.at, in_quotes(name) + " must be " + std::string{wanted} + ", not " +
                          std::string{name_of(value.kind)});
}

}  // namespace reef::config
