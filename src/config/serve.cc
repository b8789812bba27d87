#include "config/serve.hpp"

namespace reef::config {

namespace {

void add_names(const Toml& value, Names& names) {
    if (value.is(Toml::Kind::string)) names.merge(variables_in(value.text));
    for (const Toml& item : value.items)
        add_names(item, names);
    for (const auto& [key, member] : value.members)
        add_names(member, names);
}

Names names_in(Section& section, const std::string& key) {
    Names names;
    if (const Toml* value = section.find(key)) add_names(*value, names);
    return names;
}

}  // namespace

Names personal_names(Section serve) {
    Names names;
    for (const char* key : {"node", "listen", "store", "postgresql", "send_to"})
        names.merge(names_in(serve, key));
    return names;
}

void refuse_plain_names(Section serve, const Environment& environment, const std::string& nodes_are,
                        const std::vector<std::string>& own) {
    const auto refuse = [&](Section& section, const std::string& key, bool names_node) {
        for (const std::string& name : names_in(section, key)) {
            const auto value = environment(name);
            if (!value || value->empty() || name == "HOST") continue;
            const std::string remedy =
                names_node ? "it says which one a process is, and `up` starts them all: unset it"
                           : "it can mean only one of them: unset it, or set " + name +
                                 suffix_of(own[0]) + ", " + name + suffix_of(own[1]);
            section.mistake(section.find(key)->at, name + " is set, but this app has " +
                                                       std::to_string(own.size()) + ' ' +
                                                       nodes_are + "s; " + remedy);
        }
    };
    refuse(serve, "node", true);
    refuse(serve, "listen", false);
    refuse(serve, "store", false);
    refuse(serve, "send_to", false);
    // The other parts of a URL have no effect without the host.
    if (auto parts = serve.section("postgresql", "[serve.postgresql]")) {
        refuse(*parts, "host", false);
    }
}

}  // namespace reef::config
