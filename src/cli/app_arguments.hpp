// What the commands about an app take, and what they find in its file.
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

// APP and --env-file, and the command's own after them.
std::vector<Option> app_options(AppArguments& arguments, std::vector<Option> own = {});
Option data_option(std::string& data);  // --data

// Loads the app, or says on stderr everything that is wrong with it.
std::optional<config::App> load_app(const AppArguments& arguments, config::LoadOptions options);

// The node that is meant: --node, then what the environment says, then an app's only one. Or null,
// having said on stderr which nodes there are.
const config::Node* choose_node(const config::App& app, const std::string& wanted);

// True unless --node was given and names none of the app's own nodes, which is said on stderr.
bool is_known_node(const config::App& app, const std::string& given);

// "eu/3": a node of the app and a number that it gave, as `list` commands print it.
struct ListedId {
    const config::Node* node = nullptr;
    std::string number;
};
std::optional<ListedId> parse_listed_id(const config::App& app, const std::string& text);

// "data/NAME" unless --data says otherwise.
std::string data_folder(const config::App& app, const std::string& given);

}  // namespace reef::cli
