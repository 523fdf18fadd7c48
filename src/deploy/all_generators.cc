#include <algorithm>

#include "deploy/generators.h"

namespace tidegate::deploy {
namespace {

constexpr auto kProgram = GeneratedFile::Mode::program;

constexpr FileRow kDocker[] = {
    {"docker/Dockerfile.gate", "Dockerfile.gate"},
    {"docker/dockerignore", "Dockerfile.gate.dockerignore"},
    {"phoenix/wait_for_migrations", "rel/overlays/bin/wait_for_migrations", "phoenix", kProgram},
};

constexpr FileRow kKubernetes[] = {
    {"kubernetes/kustomization.yaml", "deploy/kubernetes/kustomization.yaml"},
    {"kubernetes/migrate.yaml", "deploy/kubernetes/migrate.yaml", "job"},
    {"kubernetes/deployment.yaml", "deploy/kubernetes/deployment.yaml"},
    {"kubernetes/service.yaml", "deploy/kubernetes/service.yaml"},
    {"kubernetes/disruption.yaml", "deploy/kubernetes/disruption.yaml"},
    {"kubernetes/contract.yaml", "deploy/kubernetes/contract.yaml", "phases"},
};

constexpr FileRow kHelm[] = {
    {"helm/Chart.yaml", "deploy/helm/@name@/Chart.yaml"},
    {"helm/values.yaml", "deploy/helm/@name@/values.yaml"},
    {"helm/helmignore", "deploy/helm/@name@/.helmignore"},
    {"helm/templates/_helpers.tpl", "deploy/helm/@name@/templates/_helpers.tpl"},
    {"helm/templates/migrate.yaml", "deploy/helm/@name@/templates/migrate.yaml", "job"},
    {"helm/templates/deployment.yaml", "deploy/helm/@name@/templates/deployment.yaml"},
    {"helm/templates/service.yaml", "deploy/helm/@name@/templates/service.yaml"},
    {"helm/templates/disruption.yaml", "deploy/helm/@name@/templates/disruption.yaml"},
    {"helm/templates/contract.yaml", "deploy/helm/@name@/templates/contract.yaml", "phases"},
};

constexpr FileRow kSystemd[] = {
    {"systemd/migrate.service", "deploy/systemd/@name@-migrate.service", "job"},
    {"systemd/service", "deploy/systemd/@name@@.service"},
    {"systemd/gate.conf", "deploy/systemd/@name@@.service.d/gate.conf"},
    {"systemd/contract.service", "deploy/systemd/@name@-contract.service", "phases"},
    {"systemd/sysusers.conf", "deploy/systemd/@name@.sysusers.conf"},
    {"phoenix/wait_for_migrations", "rel/overlays/bin/wait_for_migrations", "phoenix", kProgram},
};

constexpr FileRow kCompose[] = {
    {"compose/compose.yaml", "compose.yaml"},
};

constexpr Generator kGenerators[] = {
    {"docker", "an image of the gate and this build's migrations", kDocker},
    {"kubernetes", "a Deployment behind the gate, a Job that migrates; for kubectl apply -k",
     kKubernetes},
    {"helm", "the same as a chart", kHelm},
    {"systemd", "units for several instances on one machine, and one that migrates", kSystemd},
    {"compose", "services that start when the migrations are done", kCompose},
};

}  // namespace

std::span<const Generator> all_generators() { return kGenerators; }

const Generator* find_generator(std::string_view name) {
  const auto found = std::find_if(std::begin(kGenerators), std::end(kGenerators),
                                  [&](const Generator& one) { return one.name == name; });
  return found == std::end(kGenerators) ? nullptr : found;
}

}  // namespace tidegate::deploy
