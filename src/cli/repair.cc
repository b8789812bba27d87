#include <fstream>
#include <iostream>
#include <memory>

#include "base/text/json.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/comparison.hpp"
#include "cli/http.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string node;
    std::string take_out;  // the file that gets what is taken out
};

Result<Json> ask_for_repair(const Witness& witness, const UnreadableRow& row, bool take_out) {
    HttpRequest request{.url = witness.url + "/_atoll/repair"};
    request.peer_secret = witness.peer_secret;
    request.timeout_ms = 30'000;  // the node asks its peers for the record
    request.body = "{\"resource\":";
    append_json_string(request.body, row.resource);
    request.body += ",\"key\":";
    append_json_string(request.body, model::to_text(row.key));
    request.body += take_out ? ",\"take_out\":true}" : "}";
    return ask_node(request);
}

// One line of JSON for each record, written out before the record is taken out.
Result<void> export_to(const std::string& file, const Witness& witness, const UnreadableRow& row,
                       const std::string& columns) {
    std::string line = "{\"node\":";
    append_json_string(line, witness.node);
    line += ",\"resource\":";
    append_json_string(line, row.resource);
    line += ",\"why\":";
    append_json_string(line, row.why);
    line += ",\"columns\":";
    append_json_string(line, columns);
    std::ofstream out{file, std::ios::binary | std::ios::app};
    out << line << "}\n" << std::flush;
    if (!out) return Error{Errc::unavailable, "cannot write " + file};
    return {};
}

// What became of the record, for people. not_found: it is still there.
Result<std::string> repair_one(const Witness& witness, const UnreadableRow& row,
                               const std::string& file) {
    auto said = ask_for_repair(witness, row, false);
    if (!said) return said.error();
    const std::string from = text_at(*said, "from");
    if (!from.empty()) return "taken from " + from;
    if (file.empty()) {
        return Error{Errc::not_found,
                     "no peer that has all of " + witness.node +
                         "'s writes has it: start the peers, or take it out (--take-out FILE)"};
    }
    const auto written = export_to(file, witness, row, text_at(*said, "left"));
    if (!written) return written.error();
    said = ask_for_repair(witness, row, true);
    if (!said) return said.error();
    const std::string late = text_at(*said, "from");
    return late.empty() ? "taken out, what was there is in " + file : "taken from " + late;
}

// Whether nothing is left that cannot be read.
Result<bool> repair_node(const Witness& witness, const model::Schema& schema,
                         const std::string& file) {
    bool all = true;
    for (const model::Resource& resource : schema.resources) {
        const auto rows = unreadable_rows(witness, resource);
        if (!rows) return rows.error();
        for (const UnreadableRow& row : *rows) {
            const auto done = repair_one(witness, row, file);
            std::cout << witness.node << "  " << row.resource << '/' << model::to_text(row.key)
                      << "  " << (done ? *done : "left: " + done.error().what) << std::endl;
            all = all && done;
        }
    }
    return all;
}

int repair(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app || !is_known_node(*app, arguments.node)) return bad_usage;
    bool all = true;
    for (const config::Node& node : app->nodes) {
        if (node.foreign || (!arguments.node.empty() && arguments.node != node.name)) continue;
        const Witness witness{node.name, node.url, app->peer_secret()};
        const auto repaired = repair_node(witness, app->schema, arguments.take_out);
        if (!repaired) std::cerr << "atoll: " << node.name << ": " << repaired.error().what << '\n';
        all = all && repaired && *repaired;
    }
    return all ? ok : unhealthy;
}

}  // namespace

Command repair_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {
        .name = "repair",
        .help = "take records that cannot be read from a peer (exit status 3: some are left)",
        .options = app_options(
            arguments->app,
            {{"--node", &arguments->node, "only this node's"},
             {"--take-out", &arguments->take_out,
              "what no peer has goes into this file, a line of JSON each, and out of the store"}}),
        .examples =
            "Examples:\n"
            "  atoll repair apps/property-listing.toml --node us\n"
            "  atoll repair apps/property-listing.toml --take-out damaged.jsonl",
        .run = [arguments] { return repair(*arguments); }};
}

}  // namespace reef::cli
