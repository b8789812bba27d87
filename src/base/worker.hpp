// A thread that runs one io_context until it is told to stop.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

namespace reef {

class Worker {
public:
    explicit Worker(std::string name);
    ~Worker();  // stops and joins
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start();
    // Lets what is queued run, then ends the thread. Handlers that never come are not waited for.
    void stop();
    boost::asio::io_context& context() { return context_; }

private:
    const std::string name_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::thread thread_;
};

}  // namespace reef
