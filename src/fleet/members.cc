#include "fleet/members.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "gateway/nginx.hpp"
#include "gateway/nginx_conf.hpp"

namespace reef::fleet {

namespace {

namespace fs = std::filesystem;

std::vector<config::Endpoint> processes_of(const config::Node& node) {
    std::vector<config::Endpoint> all{node.listen};
    if (!node.database_url.empty())
        all.insert(all.end(), node.instances.begin(), node.instances.end());
    return all;
}

std::string process_name(const config::Node& node, int number) {
    return node.name + (number == 1 ? "" : '.' + std::to_string(number));
}

MemberOptions node_member(const FleetOptions& options, const config::Node& node, int number) {
    MemberOptions member;
    member.name = process_name(node, number);
    auto& arguments = member.command.arguments;
    arguments = {options.program, "serve",      options.app_file, "--node", node.name,
                 "--data",        options.data, "--log-format",   "text"};
    if (number > 1) {
        arguments.insert(arguments.end(), {"--instance", std::to_string(number)});
    } else if (options.fresh) {
        member.first_start_arguments.push_back("--fresh");
    }
    if (!options.env_file.empty())
        arguments.insert(arguments.end(), {"--env-file", options.env_file});
    if (!options.log_level.empty())
        arguments.insert(arguments.end(), {"--log-level", options.log_level});
    member.ready_mark = "Serving app=";
    return member;
}

// Makes the folder for temporary files and gives it to the workers' user. Workers reach it through
// a descriptor, because the folders above it may be closed to them.
Result<std::string> make_temp_folder(const fs::path& folder, const gateway::WorkerUser& user) {
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    // The owner of the folder above may have put a symbolic link in its place. O_NOFOLLOW keeps
    // root from giving the link's target away.
    const int opened = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const bool done =
        opened >= 0 && fchmod(opened, S_IRWXU) == 0 && fchown(opened, user.id, user.group_id) == 0;
    const int failed = errno;
    if (opened >= 0) close(opened);
    if (done) return folder.string();
    return Error{Errc::unavailable, folder.string() + ": " + std::strerror(failed)};
}

}  // namespace

std::vector<Address> addresses_of(const config::App& app) {
    std::vector<Address> all;
    for (const config::Node& node : app.nodes) {
        if (node.foreign) continue;
        for (int number = 1; const config::Endpoint& at : processes_of(node))
            all.push_back({process_name(node, number++), at});
    }
    if (app.gateway) all.push_back({"gateway", app.gateway->listen});
    return all;
}

std::string url_of(const config::Endpoint& listen) {
    config::Endpoint reached = listen;
    if (reached.host == "0.0.0.0") reached.host = "127.0.0.1";
    if (reached.host == "::") reached.host = "::1";
    return "http://" + to_text(reached);
}

std::string resource_url(const config::App& app) {
    const std::vector<Address> all = addresses_of(app);
    std::string path = app.api.path;
    const std::size_t node = path.find('{');
    if (node != std::string::npos) path.replace(node, path.find('}') - node + 1, all.front().name);
    return url_of(all.back().listen) + path + '/' + app.schema.resources.front().name;
}

std::vector<MemberOptions> node_members(const config::App& app, const FleetOptions& options) {
    std::vector<MemberOptions> members;
    for (const config::Node& node : app.nodes) {
        if (node.foreign) continue;
        const int count = static_cast<int>(processes_of(node).size());
        for (int number = 1; number <= count; ++number)
            members.push_back(node_member(options, node, number));
    }
    return members;
}

Result<MemberOptions> gateway_member(const config::App& app, const FleetOptions& options) {
    const auto nginx = gateway::find_nginx();
    if (!nginx) return nginx.error();
    gateway::GatewayOptions gateway_options;
    gateway_options.ipv6 = gateway::has_ipv6_loopback();
    for (const config::Node& node : app.nodes) {
        if (!node.foreign) gateway_options.addresses[node.name] = processes_of(node);
    }
    const fs::path data = fs::absolute(options.data);
    const fs::path conf = data / "gateway" / "nginx.conf";
    MemberOptions member;
    if (const auto user = gateway::worker_user(options.data)) {
        auto folder = make_temp_folder(data / "gateway" / "temp", *user);
        if (!folder) return folder.error();
        member.command.folder = *folder;
        gateway_options.temp_folder = "/proc/self/fd/3";
        gateway_options.user = user->words();
    }
    std::ofstream file{conf};
    file << gateway::nginx_conf(app, gateway_options) << std::flush;
    if (!file) return Error{Errc::unavailable, conf.string() + ": can't be written"};
    member.name = "gateway";
    member.tier = Tier::gateway;
    member.command.arguments = {*nginx, "-e",          "stderr", "-p",         data.string() + '/',
                                "-c",   conf.string(), "-g",     "daemon off;"};
    member.command.stop_signal = SIGQUIT;
    return member;
}

}  // namespace reef::fleet
