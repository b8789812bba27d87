#include "fleet/port_holder.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace reef::fleet {

namespace {

namespace fs = std::filesystem;

// Adds the inodes of the sockets that listen on the port. In the table the second column is
// ADDRESS:PORT in hexadecimal, the fourth the state (0A = listening), the tenth the inode.
void add_listening(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
    std::ifstream file{table};
    std::string line;
    std::getline(file, line);  // the heading
    while (std::getline(file, line)) {
        std::istringstream columns{line};
        std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
        columns >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
            timeout >> inode;
        const std::size_t colon = local.rfind(':');
        if (state != "0A" || colon == std::string::npos) continue;
        if (std::stoul(local.substr(colon + 1), nullptr, 16) == port) inodes.insert(inode);
    }
}

bool holds_one(const fs::path& process, const std::set<std::string>& inodes) {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator{process / "fd", failed}) {
        const std::string target = fs::read_symlink(entry.path(), failed).string();
        if (!target.starts_with("socket:[")) continue;
        if (inodes.contains(target.substr(8, target.size() - 9))) return true;
    }
    return false;
}

}  // namespace

std::optional<std::string> holder_of_port(std::uint16_t port) {
    std::set<std::string> inodes;
    add_listening("/proc/net/tcp", port, inodes);
    add_listening("/proc/net/tcp6", port, inodes);
    if (inodes.empty()) return std::nullopt;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator{"/proc", failed}) {
        const std::string pid = entry.path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
        if (!holds_one(entry.path(), inodes)) continue;
        std::string name;
        std::getline(std::ifstream{entry.path() / "comm"}, name);
        return name + " (process " + pid + ')';
    }
    return "another process";
}

bool is_free_port(std::uint16_t port) {
    namespace asio = boost::asio;
    asio::io_context context;
    asio::ip::tcp::acceptor server{context};
    boost::system::error_code failed;
    const asio::ip::tcp::endpoint at{asio::ip::address_v4::loopback(), port};
    server.open(at.protocol(), failed);
    if (!failed) server.set_option(asio::socket_base::reuse_address{true}, failed);
    if (!failed) server.bind(at, failed);
    return !failed;
}

}  // namespace reef::fleet
