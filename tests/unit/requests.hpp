// Requests as handlers get them, for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/http.hpp"

namespace reef::api {

// A request and the texts that it looks at.
class RequestText {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    RequestText(http::Method method, std::string target, Headers headers = {},
                std::string body = {})
        : target_(std::move(target)), headers_(std::move(headers)), body_(std::move(body)) {
        request_.method = method;
        request_.method_text = http::name_of(method);
        request_.target = target_;
        const std::size_t mark = std::min(target_.find('?'), target_.size());
        request_.path = request_.target.substr(0, mark);
        request_.query = request_.target.substr(std::min(mark + 1, target_.size()));
        for (const auto& [name, value] : headers_)
            request_.headers.emplace_back(name, value);
        request_.body = body_;
    }
    RequestText(const RequestText&) = delete;
    RequestText& operator=(const RequestText&) = delete;

    operator const http::Request&() const { return request_; }

private:
    const std::string target_;
    const Headers headers_;
    const std::string body_;
    http::Request request_;
};

// "pointer /price: must be a number", one a line.
template <class Faults>
std::string text_of(const Faults& faults) {
    std::string text;
    for (const auto& fault : faults)
        text += std::string{fault.in} + ' ' + fault.name + ": " + fault.detail + '\n';
    return text;
}

}  // namespace reef::api
