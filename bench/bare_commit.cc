#include "bare_commit.hpp"

#include <boost/asio/post.hpp>

namespace reef::bench {
namespace {

// All of one batch's answers for one io thread.
struct ResumeAll {
    std::vector<std::unique_ptr<Parked>> sessions;
    void operator()() {
        for (auto& session : sessions)
            session->resume();
    }
};

}  // namespace

GroupCommit::GroupCommit(std::unique_ptr<BareWriter> writer,
                         std::vector<asio::io_context*> io_threads)
    : writer_(std::move(writer)), io_threads_(std::move(io_threads)) {
    thread_ = std::thread(&GroupCommit::run, this);
}

GroupCommit::~GroupCommit() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    somebody_waits_.notify_one();
    thread_.join();
}

void GroupCommit::submit(Pending* pending) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = waiting_.empty();
        waiting_.push_back(pending);
    }
    if (first) somebody_waits_.notify_one();
}

void GroupCommit::run() {
    std::vector<Pending*> batch;
    for (;;) {
        batch.clear();
        {
            std::unique_lock lock(mutex_);
            somebody_waits_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_) return;
            batch.swap(waiting_);
        }
        commit(batch);
        answer(batch);
    }
}

void GroupCommit::commit(const std::vector<Pending*>& batch) {
    writer_->begin();
    for (Pending* pending : batch)
        pending->write(*writer_);
    writer_->commit();
}

void GroupCommit::answer(const std::vector<Pending*>& batch) {
    std::vector<ResumeAll> answers(io_threads_.size());
    for (Pending* pending : batch) {
        answers[pending->io_thread].sessions.push_back(std::move(pending->session));
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i].sessions.empty()) asio::post(*io_threads_[i], std::move(answers[i]));
    }
}

}  // namespace reef::bench
