// A child process, and a member of a fleet that does not start: what is known of why.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "fleet/child.hpp"
#include "fleet/member.hpp"
#include "temporary_folder.hpp"

namespace reef::fleet {
namespace {

using Lines = std::vector<std::string>;

// Waits for the process to end before anything that it wrote is read.
int end_of(pid_t pid) {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return status;
}

struct Ended {
    Lines lines;
    int status = 0;
};

Ended run(const Command& command) {
    boost::asio::io_context context;
    Ended ended;
    auto child = start_child(context, command,
                             [&](std::string line) { ended.lines.push_back(std::move(line)); });
    EXPECT_TRUE(child);
    ended.status = end_of((*child)->pid());
    (*child)->read_rest();
    return ended;
}

TEST(FleetChild, AllThatItWroteIsReadWhenItHasEnded) {
    const Ended ended = run({.arguments = {"sh", "-c", "echo one; echo two >&2; printf three"}});
    EXPECT_EQ(ended.lines, (Lines{"one", "two", "three"}));
    EXPECT_EQ(ended.status, 0);
}

TEST(FleetChild, MuchThatItWroteAsWell) {
    const Ended ended = run({.arguments = {"sh", "-c", "printf '%030000d\\n%d\\n' 1 2"}});
    ASSERT_EQ(ended.lines.size(), 2U);
    EXPECT_EQ(ended.lines[0].size(), 30'000U);
    EXPECT_EQ(ended.lines[1], "2");
}

TEST(FleetChild, WhatIsReadWhileItRunsAndTheRestAreOneText) {
    boost::asio::io_context context;
    std::size_t size = 0;
    auto child = start_child(context, {.arguments = {"sh", "-c", "printf '%030000d\\n' 1"}},
                             [&](const std::string& line) { size += line.size(); });
    ASSERT_TRUE(child);
    end_of((*child)->pid());
    context.run_one();  // a first piece of several
    (*child)->read_rest();
    EXPECT_EQ(size, 30'000U);
}

TEST(FleetChild, WhoHoldsItsOutputIsNotWaitedFor) {
    const Ended ended = run({.arguments = {"sh", "-c", "sleep 60 & echo $!"}});
    ASSERT_EQ(ended.lines.size(), 1U);
    kill(std::stoi(ended.lines[0]), SIGKILL);
}

TEST(FleetChild, AProgramThatIsNotThereIsNamed) {
    const Ended ended = run({.arguments = {"/nowhere/program"}});
    EXPECT_EQ(ended.lines, Lines{"can't run /nowhere/program: No such file or directory"});
    EXPECT_EQ(WEXITSTATUS(ended.status), 127);
}

std::string why_not(const std::string& script, const std::string& ready_mark = "never") {
    const test::TemporaryFolder folder;
    boost::asio::io_context context;
    MemberOptions options;
    options.name = "one";
    options.command.arguments = {"sh", "-c", script};
    options.log_file = folder.file("one.log");
    options.ready_mark = ready_mark;
    Member member{context, options, [](const Member&, const std::string&) {}};
    member.start();
    member.ended(end_of(member.pid()));
    std::string why = member.why_not_serving();
    for (const std::string& line : member.last_lines())
        why += '|' + line;
    return why;
}

TEST(FleetMember, TellsWhyItDoesNotServe) {
    EXPECT_EQ(why_not("echo no database; exit 3"),
              "its process ended with exit status 3|no database");
    EXPECT_EQ(why_not("exit 0"), "its process ended with exit status 0");
    EXPECT_EQ(why_not("kill -KILL $$"), "its process was ended by signal 9 (Killed)");
    EXPECT_EQ(why_not("echo bad; exit 1", ""), "its process ended with exit status 1|bad");
}

TEST(FleetMember, ThatRunsHasNotSaidThatItServes) {
    const test::TemporaryFolder folder;
    boost::asio::io_context context;
    MemberOptions options;
    options.command.arguments = {"sleep", "60"};
    options.log_file = folder.file("one.log");
    options.ready_mark = "never";
    Member member{context, options, [](const Member&, const std::string&) {}};
    member.start();
    EXPECT_EQ(member.why_not_serving(), "it has not said that it serves");
    member.kill();
    end_of(member.pid());
}

}  // namespace
}  // namespace reef::fleet
