#include "load_connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "load_response.hpp"

namespace reef::bench {
namespace {

constexpr std::size_t response_bytes_max = 256 << 10;

void append_integer(std::string& out, std::uint64_t value) {
    char text[24];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace

std::uint64_t Random::next() {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

Connection::Connection(const LoadOptions& options, std::uint32_t index, std::uint64_t seed)
    : options_(options),
      tail_(" HTTP/1.1\r\nHost: " + options.address + ":" + std::to_string(options.port) + "\r\n"),
      random_(seed),
      request_prefix_(random_.next()),
      received_(response_bytes_max) {
    if (owns_records(options.mode)) {
        for (std::int64_t i = index; i < options.ids(); i += options.connections) {
            records_.push_back({options.first_id + i * options.id_step, 0});
        }
    }
    if (options.body.empty()) unknown_ = records_.size();
    connect();
}

Connection::~Connection() {
    if (socket_ >= 0) close(socket_);
}

void Connection::connect() {
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(options_.port);
    if (inet_pton(AF_INET, options_.address.c_str(), &server.sin_addr) != 1) {
        throw LoadError("not an IPv4 address: " + options_.address);
    }
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected =
        socket_ >= 0 &&
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0;
    if (!connected) {
        throw LoadError("cannot connect to " + options_.address + ":" +
                        std::to_string(options_.port) + ": " + std::strerror(errno));
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(socket_, F_SETFL, O_NONBLOCK);
}

void Connection::ask_version() {
    while (records_[current_].version != 0)
        current_ = (current_ + 1) % records_.size();
    send_get(records_[current_].id);
    send(Asked::version);
}

void Connection::read() {
    const auto ids = static_cast<std::uint64_t>(options_.ids());
    const auto nth = static_cast<std::int64_t>(random_.below(ids));
    send_get(options_.first_id + nth * options_.id_step);
    send(Asked::read);
}

void Connection::write() {
    current_ = random_.below(records_.size());
    const Record& record = records_[current_];
    if (options_.body.empty()) {
        append_new_price(record);
    } else {
        append_new_body();
    }
    request_ = "PUT ";
    request_ += options_.path;
    request_ += '/';
    append_integer(request_, static_cast<std::uint64_t>(record.id));
    request_ += tail_;
    request_ += "Content-Type: application/json\r\n";
    request_ += options_.headers;
    if (options_.request_ids != RequestIds::none) append_request_id();
    request_ += "Content-Length: ";
    append_integer(request_, body_.size());
    request_ += "\r\n\r\n";
    request_ += body_;
    send(Asked::write);
}

void Connection::append_new_price(const Record& record) {
    body_ = R"({"price":)";
    append_integer(body_, 10'000 + random_.below(900'000));
    body_ += '.';
    append_integer(body_, 10 + random_.below(90));
    body_ += R"(,"version":)";
    append_integer(body_, static_cast<std::uint64_t>(record.version));
    body_ += '}';
}

void Connection::list() {
    request_ = "GET ";
    request_ += options_.path;
    request_ += tail_;
    request_ += "\r\n";
    send(Asked::read);
}

void Connection::create() {
    append_new_body();
    request_ = "POST ";
    request_ += options_.path;
    request_ += tail_;
    request_ += "Content-Type: application/json\r\n";
    request_ += options_.headers;
    request_ += "Content-Length: ";
    append_integer(request_, body_.size());
    request_ += "\r\n\r\n";
    request_ += body_;
    send(Asked::create);
}

void Connection::append_new_body() {
    constexpr std::string_view number = "{n}";
    body_ = options_.body;
    std::string text;
    append_integer(text, random_.next());
    for (std::size_t at = 0; (at = body_.find(number, at)) != body_.npos; at += text.size())
        body_.replace(at, number.size(), text);
}

void Connection::read_or_write() {
    if (random_.below(100) < options_.writes_percent) {
        write();
    } else {
        read();
    }
}

void Connection::send_get(std::int64_t id) {
    request_ = "GET ";
    request_ += options_.path;
    request_ += '/';
    append_integer(request_, static_cast<std::uint64_t>(id));
    request_ += tail_;
    request_ += "\r\n";
}

// 32 digits in the shape of a UUID.
void Connection::append_request_id() {
    const bool random = options_.request_ids == RequestIds::uuid;
    const std::uint64_t halves[] = {random ? random_.next() : request_prefix_,
                                    random ? random_.next() : request_count_++};
    request_ += "X-Request-ID: ";
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) request_ += '-';
        request_ += "0123456789abcdef"[(halves[i / 16] >> (60 - i % 16 * 4)) & 15];
    }
    request_ += "\r\n";
}

// A request is small and alone on its connection: the socket's buffer always has room for it, and
// what fails here shows when the answer is read.
void Connection::send(Asked asked) {
    asked_ = asked;
    waiting_ = true;
    received_bytes_ = 0;
    ::send(socket_, request_.data(), request_.size(), MSG_NOSIGNAL);
}

Receipt Connection::receive() {
    const ssize_t bytes =
        recv(socket_, received_.data() + received_bytes_, received_.size() - received_bytes_, 0);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return Receipt::partial;
    if (bytes <= 0 || !waiting_) return Receipt::lost;
    received_bytes_ += static_cast<std::size_t>(bytes);
    const std::string_view all{received_.data(), received_bytes_};
    const auto head = parse_head(all);
    if (!head || head->head_bytes + head->body_bytes > all.size()) {
        if (all.size() == received_.size()) throw LoadError("a response over 256 KiB");
        return Receipt::partial;
    }
    status_ = head->status;
    finish(all.substr(head->head_bytes, head->body_bytes));
    waiting_ = false;
    return Receipt::complete;
}

void Connection::finish(std::string_view body) {
    if (asked_ == Asked::read || asked_ == Asked::create || !options_.body.empty()) return;
    Record& record = records_[current_];
    const bool was_known = record.version != 0;
    if (status_ == 200) {
        record.version = version_in(body).value_or(record.version + 1);
    } else if (asked_ == Asked::version) {
        throw LoadError("GET of " + std::to_string(record.id) + " was answered with status " +
                        std::to_string(status_));
    } else if (status_ == 409 || status_ == 412) {
        record.version = 0;
    }
    const bool is_known = record.version != 0;
    if (was_known && !is_known) unknown_ += 1;
    if (!was_known && is_known) unknown_ -= 1;
}

}  // namespace reef::bench
