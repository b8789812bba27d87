#include "base/worker.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>

namespace reef {

Worker::Worker(std::string name) : name_(std::move(name)), guard_(context_.get_executor()) {}

Worker::~Worker() {
    stop();
}

void Worker::start() {
    thread_ = std::thread{[this] {
        pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
        context_.run();
    }};
}

void Worker::stop() {
    if (!thread_.joinable()) return;
    guard_.reset();
    boost::asio::post(context_, [this] { context_.stop(); });
    thread_.join();
}

}  // namespace reef
