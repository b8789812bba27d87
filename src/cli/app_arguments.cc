#include "cli/app_arguments.hpp"

#include <iostream>

namespace reef::cli {

std::vector<Option> app_options(AppArguments& arguments, std::vector<Option> own) {
    std::vector<Option> all{{"APP", &arguments.file, "the app's TOML file", true},
                            {"--env-file", &arguments.env_file,
                             "read variables from this file; the environment goes before it"}};
    all.insert(all.end(), own.begin(), own.end());
    return all;
}

Option data_option(std::string& data) {
    return {"--data", &data, "folder of its data (default: data/NAME)"};
}

std::optional<config::App> load_app(const AppArguments& arguments, config::LoadOptions options) {
    config::Environment environment = config::process_environment();
    if (!arguments.env_file.empty()) {
        auto variables = config::read_env_file(arguments.env_file);
        if (!variables) {
            std::cerr << "atoll: can't read " << arguments.env_file << '\n';
            return std::nullopt;
        }
        environment = [own = environment, more = std::move(*variables)](const std::string& name) {
            if (auto value = own(name)) return value;
            const auto found = more.find(name);
            return found == more.end() ? std::nullopt : std::optional{found->second};
        };
    }
    config::LoadResult loaded = config::load_app(arguments.file, environment, std::move(options));
    for (const config::Mistake& mistake : loaded.mistakes) {
        std::cerr << to_text(arguments.file, mistake) << '\n';
    }
    return std::move(loaded.app);
}

const config::Node* choose_node(const config::App& app, const std::string& name) {
    const std::string chosen = !name.empty()               ? name
                               : !app.default_node.empty() ? app.default_node
                               : app.nodes.size() == 1     ? app.nodes.front().name
                                                           : "";
    const config::Node* node = app.find(chosen);
    if (node && !node->foreign) return node;
    std::string names;
    for (const config::Node& known : app.nodes) {
        if (!known.foreign) names += (names.empty() ? "" : ", ") + known.name;
    }
    std::cerr << "atoll: "
              << (chosen.empty() ? "say which node this is with --node"
                                 : app.name + " has no node " + chosen)
              << " (it has " << names << ")\n";
    return nullptr;
}

bool is_known_node(const config::App& app, const std::string& name) {
    return name.empty() || choose_node(app, name) != nullptr;
}

std::optional<ListedId> parse_listed_id(const config::App& app, const std::string& text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) return std::nullopt;
    const ListedId id{app.find(text.substr(0, slash)), text.substr(slash + 1)};
    const bool is_number =
        !id.number.empty() && id.number.find_first_not_of("0123456789") == std::string::npos;
    if (!id.node || id.node->foreign || !is_number) return std::nullopt;
    return id;
}

std::string data_folder(const config::App& app, const std::string& data) {
    return data.empty() ? "data/" + app.name : data;
}

}  // namespace reef::cli
