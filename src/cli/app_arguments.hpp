// The arguments that all commands about an app take, and what they look up in the app file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "config/app.hpp"

namespace reef::cli {

struct AppArguments {
    std::string file;
    std::string env_file;
};

// APP and --env-file, followed by the command's own options.
std::vector<Option> app_options(AppArguments& arguments, std::vector<Option> own = {});
Option data_option(std::string& data);  // --data

// Loads the app. Absent: it has mistakes, and all of them were printed on stderr.
std::optional<config::App> load_app(const AppArguments& arguments, config::LoadOptions options);

// The node that `name` (--node) names; without a name the one that the environment names, or the
// app's only one. Null: there is none, and the app's nodes were listed on stderr.
const config::Node* choose_node(const config::App& app, const std::string& name);

// True if no --node was given, or if it names one of the app's own nodes. Otherwise the app's nodes
// were listed on stderr.
bool is_known_node(const config::App& app, const std::string& name);

// "eu/3", as the `list` commands print it: a node of the app, and the number that this node gave.
struct ListedId {
    const config::Node* node = nullptr;
    std::string number;
};
std::optional<ListedId> parse_listed_id(const config::App& app, const std::string& text);

// The folder that --data names, or "data/NAME" without it.
std::string data_folder(const config::App& app, const std::string& data);

}  // namespace reef::cli
