// Runs SimGrid through a race file: the same flows over the same resources as dapple's `race`, shared max-min.
//
//   simgrid RACE_FILE [ENDS_FILE]
//
// Prints one line of JSON. The format of the file, and why SimGrid is configured as it is, are told in README.md.
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>
#include <xbt/log.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#if SIMGRID_VERSION < 40100
#error "SimGrid 4.1 or later is needed: before, flows that nobody waits for tell nobody of their end"
#endif

namespace sg4 = simgrid::s4u;

namespace {

// Plain max-min sharing of capacities; most of these are SimGrid's defaults, and stand here so that they stay. How it is
// updated, network/optim, comes with the command line: Lazy is faster on an idle network, Full on a busy one.
const char* const SETTINGS[] = {
    "network/model:CM02",          "network/solver:maxmin",    "network/TCP-gamma:0",          "network/crosstraffic:false",
    "network/weight-S:0",          "network/latency-factor:1.0", "network/bandwidth-factor:1.0", "maxmin/concurrency-limit:-1",
    "precision/timing:1e-9",       "precision/work-amount:1e-5",
};

struct Route {
  sg4::Host* from;
  sg4::Host* to;
};

struct Flow {
  double start_s;
  uint64_t bytes;
  uint32_t route;
};

struct Race {
  std::vector<Route> routes;
  std::vector<Flow> flows;
};

[[noreturn]] void fail(size_t line, const char* problem)
{
  std::fprintf(stderr, "line %zu: %s\n", line, problem);
  std::exit(1);
}

Race read(const char* path, sg4::NetZone* zone)
{
  std::ifstream file(path);
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path);
    std::exit(1);
  }
  Race race;
  std::vector<sg4::Host*> hosts;
  std::vector<sg4::Link*> links;
  std::string text;
  for (size_t line = 1; std::getline(file, text); ++line) {
    std::istringstream words(text);
    std::string word;
    if (!(words >> word) || word[0] == '#')
      continue;
    if (word == "hosts") {
      size_t count = 0;
      if (!(words >> count))
        fail(line, "the number of hosts is missing");
      for (size_t number = 0; number < count; ++number) {
        hosts.push_back(zone->add_host("h" + std::to_string(number), 1e9));
      }
    } else if (word == "resource") {
      double bytes_per_s = 0;
      if (!(words >> bytes_per_s))
        fail(line, "the capacity is missing");
      std::string name = "r" + std::to_string(links.size());
      links.push_back(zone->add_link(name, bytes_per_s));
      links.back()->set_latency(0.0)->seal();
    } else if (word == "route") {
      size_t from = 0;
      size_t to   = 0;
      if (!(words >> from >> to) || from >= hosts.size() || to >= hosts.size())
        fail(line, "the hosts of the route are not there");
      std::vector<sg4::LinkInRoute> crossed;
      for (size_t resource = 0; words >> resource;) {
        if (resource >= links.size())
          fail(line, "the route crosses a resource that is not there");
        crossed.emplace_back(links[resource]);
      }
      race.routes.push_back({hosts[from], hosts[to]});
      zone->add_route(hosts[from], hosts[to], crossed, false);
    } else if (word == "flow") {
      uint64_t start_ns = 0;
      Flow flow{};
      if (!(words >> start_ns >> flow.route >> flow.bytes) || flow.route >= race.routes.size())
        fail(line, "the flow is not complete, or its route is not there");
      flow.start_s = static_cast<double>(start_ns / 1000000000) + static_cast<double>(start_ns % 1000000000) * 1e-9;
      race.flows.push_back(flow);
    } else {
      fail(line, "starts with none of `hosts`, `resource`, `route`, `flow`");
    }
  }
  return race;
}

double cpu_seconds()
{
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

uint64_t peak_bytes()
{
  std::ifstream status("/proc/self/status");
  std::string word;
  uint64_t kib = 0;
  while (status >> word)
    if (word == "VmHWM:" && status >> kib)
      break;
  return 1024 * kib;
}

// The state of the run; SimGrid is one to a process anyway.
Race race;
std::vector<sg4::CommPtr> under_way;
std::vector<double> ends;
size_t n_ended = 0;
// A flow cannot let go of itself from its own callback.
sg4::CommPtr ended_last;

void on_end(sg4::Comm const& flow)
{
  auto number   = reinterpret_cast<uintptr_t>(flow.get_data<void>());
  ends[number] = sg4::Engine::get_clock();
  ++n_ended;
  ended_last = std::move(under_way[number]);
}

void start_all()
{
  for (size_t number = 0; number < race.flows.size(); ++number) {
    const Flow& flow = race.flows[number];
    if (flow.start_s > sg4::Engine::get_clock())
      sg4::this_actor::sleep_until(flow.start_s);
    const Route& route = race.routes[flow.route];
    auto comm          = sg4::Comm::sendto_async(route.from, route.to, flow.bytes);
    comm->set_data(reinterpret_cast<void*>(number));
    under_way[number] = std::move(comm);
  }
}

} // namespace

int main(int argc, char** argv)
{
  xbt_log_control_set("xbt_cfg.thres:warning");
  sg4::Engine engine(&argc, argv);
  for (const char* setting : SETTINGS)
    sg4::Engine::set_config(setting);
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s RACE_FILE Lazy|Full [ENDS_FILE]\n", argv[0]);
    return 2;
  }
  sg4::Engine::set_config(std::string("network/optim:") + argv[2]);
  sg4::NetZone* zone = engine.get_netzone_root()->add_netzone_full("grid");
  race = read(argv[1], zone);
  zone->seal();
  under_way.resize(race.flows.size());
  ends.assign(race.flows.size(), -1);
  sg4::Comm::on_completion_cb(on_end);
  race.routes.front().from->add_actor("starter", start_all);

  double before = cpu_seconds();
  engine.run();
  double took = cpu_seconds() - before;

  std::printf("{\"simulator\":\"simgrid %d.%d\",\"cpu_s\":%.6f,\"peak_bytes\":%" PRIu64
              ",\"ended\":%zu,\"ended_at_s\":%.9f}\n",
              SIMGRID_VERSION_MAJOR, SIMGRID_VERSION_MINOR, took, peak_bytes(), n_ended, sg4::Engine::get_clock());
  std::fflush(stdout);
  if (argc > 3) {
    std::FILE* file = std::fopen(argv[3], "w");
    if (file == nullptr) {
      std::perror(argv[3]);
      return 1;
    }
    for (double end : ends)
      if (end < 0)
        std::fputs("never\n", file);
      else
        std::fprintf(file, "%.9f\n", end);
    if (std::fclose(file) != 0) {
      std::perror(argv[3]);
      return 1;
    }
  }
  // Tearing the simulation down is not part of the race.
  std::_Exit(0);
}
