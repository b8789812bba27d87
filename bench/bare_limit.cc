// bare-limit: what these libraries can do on this machine when a server does nothing but its work.
// GET and PUT of /us/properties/{id}, POST of a shipment, a list of products, over Beast coroutines
// and SQLite, durable, with no checks. Atoll is measured against it; see README.md.
#include <CLI/CLI.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/static_resource.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "bare_commit.hpp"
#include "bare_store.hpp"

namespace reef::bench {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;

// The io_context's own executor rather than any_io_executor: no type erasure per operation.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Work = asio::awaitable<void, Executor>;
constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> as_result{};
constexpr asio::use_awaitable_t<Executor> as_void{};

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

struct IoThread {
    asio::io_context context{1};  // one thread runs it
    std::size_t index = 0;
    std::unique_ptr<BareReader> reader;
};

std::int64_t id_in(beast::string_view target) {
    std::int64_t id = 0;
    const auto slash = target.rfind('/');
    std::from_chars(target.data() + slash + 1, target.data() + target.size(), id);
    return id;
}

// "/api/products?limit=100"
std::int64_t limit_in(beast::string_view target) {
    std::int64_t limit = 1000;
    const auto equals = target.rfind('=');
    std::from_chars(target.data() + equals + 1, target.data() + target.size(), limit);
    return limit;
}

Shipment read_post(const Request& request, boost::system::error_code& error) {
    Shipment shipment;
    unsigned char memory[4096];
    json::static_resource resource(memory);
    const json::value body = json::parse(request.body(), error, &resource);
    if (error) return shipment;
    shipment.tracking_number = body.at("tracking_number").as_string().c_str();
    shipment.origin = body.at("origin").as_string().c_str();
    shipment.destination = body.at("destination").as_string().c_str();
    shipment.weight = body.at("weight").to_number<double>();
    shipment.warehouse_id = body.at("warehouse_id").as_int64();
    return shipment;
}

Put read_put(const Request& request, boost::system::error_code& error) {
    Put put;
    unsigned char memory[2048];
    json::static_resource resource(memory);
    const json::value body = json::parse(request.body(), error, &resource);
    if (error) return put;
    put.id = id_in(request.target());
    put.cents = std::llround(body.at("price").to_number<double>() * 100);
    const auto request_id = request["X-Request-ID"];
    put.request_id.assign(request_id.data(), request_id.size());
    return put;
}

void show(Response& response, const std::optional<Property>& row) {
    if (!row) {
        response.result(http::status::not_found);
        return;
    }
    std::string etag = "\"";
    append_integer(etag, row->version);
    etag += '"';
    response.set(http::field::etag, etag);
    response.set(http::field::content_type, "application/json");
    response.body().reserve(192);
    append_json(response.body(), *row);
}

void show(Response& response, const Shipment& row) {
    response.result(http::status::created);
    std::string location = "/api/v1/shipments/";
    append_integer(location, row.id);
    response.set(http::field::location, location);
    response.set(http::field::content_type, "application/json");
    response.body().reserve(256);
    append_json(response.body(), row);
}

Work serve_session(Socket socket, IoThread& self, GroupCommit& commits) {
    beast::flat_buffer buffer;
    buffer.reserve(4096);
    for (;;) {
        Request request;
        const auto [read_error, received] =
            co_await http::async_read(socket, buffer, request, as_result);
        if (read_error) co_return;
        Response response{http::status::ok, request.version()};
        response.keep_alive(request.keep_alive());
        if (request.method() == http::verb::put) {
            boost::system::error_code invalid;
            PendingPut pending{self.index};
            pending.put = read_put(request, invalid);
            if (invalid) {
                response.result(http::status::bad_request);
            } else {
                co_await commits.async_write(pending, as_void);
                show(response, pending.row);
            }
        } else if (request.method() == http::verb::post) {
            boost::system::error_code invalid;
            PendingPost pending{self.index};
            pending.shipment = read_post(request, invalid);
            if (invalid) {
                response.result(http::status::bad_request);
            } else {
                co_await commits.async_write(pending, as_void);
                show(response, pending.shipment);
            }
        } else if (request.target().starts_with("/api/products?")) {
            response.set(http::field::content_type, "application/json");
            self.reader->list_products(response.body(), limit_in(request.target()));
        } else {
            show(response, self.reader->get(id_in(request.target())));
        }
        response.prepare_payload();
        const auto [write_error, sent] = co_await http::async_write(socket, response, as_result);
        if (write_error || !response.keep_alive()) co_return;
    }
}

// Deals connections to the io threads in turn; a session stays on its thread.
Work accept_sessions(Acceptor acceptor, std::vector<std::unique_ptr<IoThread>>& threads,
                     GroupCommit& commits) {
    for (std::size_t next = 0;; next = (next + 1) % threads.size()) {
        IoThread& thread = *threads[next];
        Socket socket(thread.context);
        const auto [error] = co_await acceptor.async_accept(socket, as_result);
        if (error) continue;
        socket.set_option(asio::ip::tcp::no_delay(true));
        Work session = serve_session(std::move(socket), thread, commits);
        asio::co_spawn(thread.context, std::move(session), asio::detached);
    }
}

struct Options {
    std::uint16_t port = 0;
    std::string data = "data/bare-limit";
    std::int64_t rows = 3000;
    std::size_t io_threads = std::max(1U, std::thread::hardware_concurrency());
};

void serve(const Options& options) {
    std::filesystem::create_directories(options.data);
    const std::string file = options.data + "/bare.db";
    auto writer = open_bare_writer(file);
    writer->seed(options.rows);

    std::vector<std::unique_ptr<IoThread>> threads;
    std::vector<asio::io_context*> contexts;
    for (std::size_t i = 0; i < options.io_threads; ++i) {
        auto& thread = *threads.emplace_back(std::make_unique<IoThread>());
        thread.index = i;
        thread.reader = open_bare_reader(file);
        contexts.push_back(&thread.context);
    }
    GroupCommit commits(std::move(writer), contexts);

    const auto address = asio::ip::make_address("127.0.0.1");
    Acceptor acceptor(threads[0]->context, {address, options.port});
    const unsigned port = acceptor.local_endpoint().port();
    Work accepting = accept_sessions(std::move(acceptor), threads, commits);
    asio::co_spawn(threads[0]->context, std::move(accepting), asio::detached);
    std::printf("listening %u\n", port);
    std::fflush(stdout);

    std::vector<std::jthread> running;
    for (const auto& thread : threads) {
        running.emplace_back([context = &thread->context] {
            const auto work = asio::make_work_guard(*context);
            context->run();
        });
    }
}

}  // namespace
}  // namespace reef::bench

int main(int count, char** values) {
    reef::bench::Options options;
    CLI::App app{"The bare limit: GET and PUT of /us/properties/{id}, durable, without checks"};
    app.add_option("--port", options.port, "on 127.0.0.1; 0: any free one");
    app.add_option("--data", options.data, "folder of the database, made when absent");
    app.add_option("--rows", options.rows, "how many rows an empty database gets");
    app.add_option("--io-threads", options.io_threads, "default: one per core");
    CLI11_PARSE(app, count, values);
    try {
        reef::bench::serve(options);
    } catch (const std::exception& error) {  // the port is taken, the folder cannot be made
        std::fprintf(stderr, "bare-limit: %s\n", error.what());
        return 1;
    }
}
