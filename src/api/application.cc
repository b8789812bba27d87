#include "api/application.hpp"

#include <algorithm>

#include "api/assets.hpp"
#include "base/log.hpp"
#include "base/text/json.hpp"
#include "brokers/message_shape.hpp"

namespace reef::api {

using namespace model;

namespace {

class Application final : public http::Handler {
public:
    explicit Application(ApplicationParts parts)
        : parts_(std::move(parts)),
          records_(parts_.records),
          peers_(parts_.peers),
          operators_(parts_.operators),
          problems_(parts_.records.api.answers.problems) {}

    asio::awaitable<http::Response> handle(const http::Request& request) override {
        if (request.path.starts_with("/_atoll/")) {
            http::Response response = co_await answer_node(request);
            name_server(response);
            co_return response;
        }
        const auto started = parts_.records.clock.steady();
        Route route = parts_.router.match(request.method, request.path);
        http::Response response;
        if (route.operation && route.operation->resource) {
            response =
                co_await answer_record(*route.operation, std::move(route.parameter), request);
        } else if (route.operation && route.operation->kind == OperationKind::readyz) {
            response = co_await readyz(request);
        } else if (route.operation && route.operation->kind == OperationKind::metrics) {
            response = co_await metrics();
        } else {
            response = answer(route, request);
        }
        const auto took = parts_.records.clock.steady() - started;
        parts_.traffic.add(index_of(route), response.status, took);
        name_server(response);
        log(request, response, took);
        co_return response;
    }

    http::Response refuse(int status, std::string_view detail) override {
        parts_.traffic.add(parts_.router.operations().size(), status, {});
        http::Response response = problems_.write(status, detail);
        name_server(response);
        return response;
    }

private:
    // Unless one of the node's stores has answered under a name of its own.
    void name_server(http::Response& response) const {
        constexpr std::string_view name = "Atoll-Served-By";
        if (response.headers.find(name) != std::string::npos) return;
        response.add_header(name, parts_.status.name);
    }

    std::size_t index_of(const Route& route) const {
        const auto& operations = parts_.router.operations();
        if (!route.operation) return operations.size();
        return static_cast<std::size_t>(route.operation - operations.data());
    }

    // Peers and operators. To everybody else there is nothing here.
    asio::awaitable<http::Response> answer_node(const http::Request& request) {
        if (!parts_.admission.admits(request)) {
            co_return problems_.write({"not_found", "there is nothing here", {}, ""}, request);
        }
        if (peers::PeerRoutes::serves(request)) co_return co_await peers_.handle(request);
        co_return co_await operators_.handle(request);
    }

    asio::awaitable<http::Response> answer_record(const Operation& operation, std::string parameter,
                                                  const http::Request& request) {
        if (!parts_.status.ready) {
            const std::string trouble = parts_.status.trouble();
            std::string detail = trouble.empty() ? "this node is starting: try again soon"
                                                 : "this node takes no requests: " + trouble;
            co_return problems_.write({"not_ready", std::move(detail), {}, ""}, request);
        }
        std::string source;
        const bool writes = operation.has_body || operation.kind == OperationKind::remove;
        if (writes && request.has_header(brokers::replicated_from_header)) {
            source = source_of(request);
            if (source.empty()) tell_of_disbelief(request);
        }
        co_return co_await records_.handle(operation, std::move(parameter), request,
                                           std::move(source));
    }

    // The other program that made the write, and has told all others of it; "": it is a client's.
    // Anybody can send the header, also through the gateway. So it counts from where peers may call
    // from, and says a program of the app.
    std::string source_of(const http::Request& request) const {
        const std::string_view named = request.header(brokers::replicated_from_header);
        const auto& known = parts_.foreign_nodes;
        const bool through_gateway = request.has_header("atoll-attempt");
        const bool believed = std::find(known.begin(), known.end(), named) != known.end() &&
                              !through_gateway && parts_.admission.admits(request);
        return believed ? std::string{named} : std::string{};
    }

    void tell_of_disbelief(const http::Request& request) const {
        if (parts_.status.replicated_from_told.test_and_set()) return;
        log::warn("Does not believe X-Replicated-From: takes such writes as any others",
                  {{"from", request.header(brokers::replicated_from_header)},
                   {"client", request.peer_address},
                   {"path", request.path}});
    }

    http::Response answer(const Route& route, const http::Request& request) {
        if (!route.operation) return answer_no_operation(route, request);
        switch (route.operation->kind) {
            case OperationKind::health:
                return health();
            case OperationKind::lag:
                return http::json_response(parts_.lag());
            case OperationKind::livez:
                return text(200, "ok\n");
            case OperationKind::openapi:
                return http::json_response(parts_.openapi);
            case OperationKind::asyncapi:
                return http::json_response(parts_.asyncapi);
            default:
                return docs(route, request);
        }
    }

    http::Response answer_no_operation(const Route& route, const http::Request& request) {
        if (route.allow.empty()) {
            return problems_.write(
                {"not_found", "there is nothing at " + std::string{request.path}, {}, ""}, request);
        }
        http::Response response = problems_.write(
            {"method_not_allowed", "this path answers to " + route.allow, {}, ""}, request);
        response.add_header("Allow", route.allow);
        return response;
    }

    static http::Response text(int status, std::string body) {
        http::Response response;
        response.status = status;
        response.content_type = "text/plain; charset=utf-8";
        response.body = std::move(body);
        return response;
    }

    http::Response health() const {
        std::string body = "{\"status\":\"ok\",";
        append_json_string(body, parts_.records.api.nodes_are);
        body += ':';
        append_json_string(body, parts_.status.name);
        return http::json_response(body + '}');
    }

    asio::awaitable<http::Response> readyz(const http::Request& request) {
        std::string body;
        if (parts_.status.ready) {
            const auto ledger = co_await parts_.records.ledgers.ledger();
            body = ledger ? "[+]store ok\n" : "[-]store is away\n";
        } else {
            const std::string trouble = parts_.status.trouble();
            body = trouble.empty() ? "[-]store is opening\n" : "[-]store: " + trouble + '\n';
        }
        body += parts_.status.stopping ? "[-]node is stopping\n" : "[+]node ok\n";
        const bool ready = body.find("[-]") == std::string::npos;
        const bool verbose = request.query.find("verbose") != std::string_view::npos;
        if (!verbose) body = ready ? "ok\n" : "not ready\n";
        co_return text(ready ? 200 : 503, std::move(body));
    }

    // While the database is away all else is told.
    asio::awaitable<http::Response> metrics() {
        const auto counts = co_await parts_.operators.conflicts.conflicts.conflict_counts();
        const std::map<std::string, model::ConflictCount> none;
        http::Response response = text(200, parts_.metrics(counts ? *counts : none));
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        co_return response;
    }

    http::Response docs(const Route& route, const http::Request& request) {
        const Asset* asset = find_asset(route.parameter.empty() ? "index.html" : route.parameter);
        if (!asset) {
            return problems_.write(
                {"not_found", "there is nothing at " + std::string{request.path}, {}, ""}, request);
        }
        http::Response response;
        response.content_type = asset->content_type;
        response.static_body = asset->gzip_bytes;
        response.add_header("Content-Encoding", "gzip");
        response.add_header("Content-Security-Policy", docs_content_security_policy);
        response.add_header("X-Content-Type-Options", "nosniff");
        response.add_header("Referrer-Policy", "no-referrer");
        response.add_header("ETag", asset->etag);
        response.add_header("Cache-Control", "no-cache");
        return response;
    }

    void log(const http::Request& request, const http::Response& response,
             std::chrono::nanoseconds took) {
        const bool wanted = parts_.request_log == RequestLog::all ||
                            (parts_.request_log == RequestLog::errors && response.status >= 500);
        if (!wanted) return;
        log::write(response.status >= 500 ? log::Level::warn : log::Level::info, "Request",
                   {{"method", request.method_text},
                    {"path", request.path},
                    {"status", response.status},
                    {"ms", std::chrono::duration<double, std::milli>(took).count()},
                    {"request_id", request.header("x-request-id")},
                    {"client", request.peer_address}});
    }

    const ApplicationParts parts_;
    Records records_;
    peers::PeerRoutes peers_;
    OperatorRoutes operators_;
    const http::ProblemWriter problems_;
};

}  // namespace

std::shared_ptr<http::Handler> make_application(ApplicationParts parts) {
    return std::make_shared<Application>(std::move(parts));
}

}  // namespace reef::api
