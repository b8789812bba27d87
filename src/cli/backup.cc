#include <unistd.h>

#include <iostream>
#include <memory>

#include "base/text/json_object.hpp"
#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "node/backup.hpp"

namespace reef::cli {

namespace {

// A line each 10 % is of use where that takes a while.
constexpr std::uint64_t pages_worth_a_line = 65'536;

struct Arguments {
    AppArguments app;
    std::string node;
    std::string data;
    std::string file;
    bool force = false;
    bool json = false;
};

// On a terminal one line that counts up.
class Progress {
public:
    void operator()(std::uint64_t done, std::uint64_t of) {
        const std::uint64_t percent = of == 0 ? 100 : 100 * done / of;
        if (of < pages_worth_a_line || percent / 10 == shown_ / 10) return;
        shown_ = percent;
        std::cerr << (terminal_ ? "\r" : "") << "copied " << percent << " %"
                  << (terminal_ && percent < 100 ? "" : "\n") << std::flush;
    }

private:
    const bool terminal_ = isatty(STDERR_FILENO) == 1;
    std::uint64_t shown_ = 0;
};

void print_json(const store::CopyContents& contents, const Arguments& arguments,
                const std::string& node) {
    std::cout << JsonObject{}
                     .put_text("file", arguments.file)
                     .put_text("node", node)
                     .put_text("origin", contents.origin)
                     .put_text("position", model::to_text(contents.position))
                     .put("records", std::to_string(contents.records))
                     .put("bytes", std::to_string(contents.bytes))
                     .json()
              << '\n';
}

int back_up(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = arguments.node, .whole_app = false});
    if (!app) return bad_usage;
    const config::Node* node = choose_node(*app, arguments.node);
    if (!node) return bad_usage;
    const store::BackupOptions options{
        .copy = arguments.file, .replace = arguments.force, .progress = Progress{}};
    const auto contents = node::back_up(*app, *node, data_folder(*app, arguments.data), options);
    if (!contents) {
        const bool taken = contents.error().code == Errc::conflict;
        std::cerr << "atoll: " << contents.error().what << (taken ? ": --force overwrites it" : "")
                  << '\n';
        return failed;
    }
    if (arguments.json) {
        print_json(*contents, arguments, node->name);
    } else {
        std::cout << arguments.file << "  " << contents->records << " records, up to "
                  << model::to_text(contents->position) << ", " << contents->bytes << " bytes\n";
    }
    return ok;
}

}  // namespace

Command backup_command() {
    const auto arguments = std::make_shared<Arguments>();
    const std::vector<Option> own{
        {"FILE", &arguments->file, "gets the copy", true},
        {"--node", &arguments->node, "whose store (default: the environment)"},
        data_option(arguments->data),
        {"--force", &arguments->force, "overwrite the file"},
        {"--json", &arguments->json, "what is in the copy, as one JSON document"}};
    return {.name = "backup",
            .help = "copy a node's store into one file, while the node serves",
            .options = app_options(arguments->app, own),
            .examples =
                "Example:\n"
                "  atoll backup apps/property-listing.toml --node us us.backup\n"
                "The copy is of one moment, durable, and was read back. `atoll restore` puts it "
                "back.",
            .run = [arguments] { return back_up(*arguments); }};
}

}  // namespace reef::cli
