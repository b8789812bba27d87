#include "config/variables.hpp"

#include <algorithm>
#include <cstdlib>

namespace reef::config {

namespace {

bool begins_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// The name that the text begins with.
std::string name_at(std::string_view text) {
    std::string name;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!begins_name(c) && (name.empty() || !digit)) break;
        name += c;
    }
    return name;
}

class Expander {
public:
    Expander(std::string_view text, const Lookup& lookup, Unset unset)
        : lookup_(lookup), unset_(unset), rest_(text) {}

    Expanded run() {
        std::string text = take_text(Nested::no, true);
        if (!result_.mistake.empty()) text.clear();
        result_.text = std::move(text);
        return std::move(result_);
    }

private:
    enum class Nested : std::uint8_t { no, yes };

    // Reads up to the end, or to the '}' of the variable around it. Text that is not `used` is only
    // checked for its form.
    std::string take_text(Nested nested, bool used) {
        std::string text;
        while (!rest_.empty() && result_.mistake.empty()) {
            if (nested == Nested::yes && rest_.front() == '}') break;
            if (rest_.starts_with("$${")) {
                text += "${";
                rest_.remove_prefix(3);
            } else if (rest_.starts_with("${")) {
                text += take_variable(used);
            } else {
                text += rest_.front();
                rest_.remove_prefix(1);
            }
        }
        return text;
    }

    std::string take_variable(bool used) {
        rest_.remove_prefix(2);
        if (depth_ == depth_max) return fail("variables are nested too deeply");
        const std::string name = name_at(rest_);
        rest_.remove_prefix(name.size());
        const auto variable = used && !name.empty() ? lookup_(name) : std::nullopt;
        const bool fallback = rest_.starts_with(":-");
        const bool alternative = rest_.starts_with(":+");
        std::string text;
        if (fallback || alternative) {
            rest_.remove_prefix(2);
            ++depth_;
            text = take_text(Nested::yes, used && fallback != variable.has_value());
            --depth_;
        }
        if (!result_.mistake.empty()) return "";
        if (rest_.find('}') == std::string_view::npos) {
            return fail("\"${" + name + "\" has no closing \"}\"");
        }
        if (name.empty() || rest_.front() != '}') {
            return fail("\"${" + name +
                        "…\" must be ${NAME}, ${NAME:-default} or ${NAME:+text where it is set}");
        }
        rest_.remove_prefix(1);
        if (!used) return "";
        if (variable) result_.from.push_back(variable->name);
        if (alternative) return variable ? text : "";
        if (variable) return variable->value;
        if (fallback || unset_ == Unset::empty) return text;
        return fail("the environment variable " + name + " is not set (write ${" + name +
                    ":-} where it may be absent)");
    }

    std::string fail(std::string mistake) {
        result_.mistake = std::move(mistake);
        return "";
    }

    static constexpr int depth_max = 16;
    const Lookup& lookup_;
    const Unset unset_;
    std::string_view rest_;
    int depth_ = 0;
    Expanded result_;
};

}  // namespace

std::string suffix_of(std::string_view node) {
    std::string suffix = "_";
    for (char c : node) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        suffix += kept ? c : '_';
    }
    return suffix;
}

Lookup lookup_for(const Environment& environment, std::string_view node) {
    return lookup_for_other(environment, node, {});
}

Lookup lookup_for_other(const Environment& environment, std::string_view node, Names personal) {
    const std::string suffix = node.empty() ? "" : suffix_of(node);
    return [&environment, suffix,
            personal = std::move(personal)](const std::string& name) -> std::optional<Variable> {
        std::optional<std::string> value;
        if (!suffix.empty()) value = environment(name + suffix);
        if (value && !value->empty()) return Variable{name + suffix, *value};
        if (!personal.contains(name)) value = environment(name);
        if (value && !value->empty()) return Variable{name, *value};
        return std::nullopt;
    };
}

Names variables_in(std::string_view text) {
    Names names;
    while (!text.empty()) {
        if (text.starts_with("$${")) {
            text.remove_prefix(3);
        } else if (text.starts_with("${")) {
            text.remove_prefix(2);
            names.insert(name_at(text));
        } else {
            text.remove_prefix(1);
        }
    }
    names.erase("");
    return names;
}

Expanded expand(std::string_view text, const Lookup& lookup, Unset unset) {
    return Expander{text, lookup, unset}.run();
}

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>{value} : std::nullopt;
    };
}

}  // namespace reef::config
