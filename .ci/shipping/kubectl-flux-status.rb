# The formula for a Homebrew tap: brew install OWNER/tap/kubectl-flux-status.
# .ci/shipping/manifests.py fills in the names between @ signs.
class KubectlFluxStatus < Formula
  desc "Check Flux health in a Kubernetes cluster and find root causes"
  homepage "@HOMEPAGE@"
  url "@HOMEPAGE@/releases/download/@TAG@/kubectl-flux_status-@TAG@.tar.gz"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "python@3.14"

  def install
    libexec.install Dir["*"]
    bin.install_symlink libexec/"kubectl-flux_status"
    bin.install_symlink libexec/"completions/kubectl_complete-flux_status"
    bash_completion.install_symlink libexec/"completions/kubectl-flux_status.bash" => "kubectl-flux_status"
    zsh_completion.install_symlink libexec/"completions/_kubectl-flux_status"
    fish_completion.install_symlink libexec/"completions/kubectl-flux_status.fish"
    man1.install_symlink libexec/"docs/kubectl-flux_status.1"
  end

  test do
    assert_match "kubectl flux-status #{version}", shell_output("#{bin}/kubectl-flux_status --version")
    assert_match "match the release", shell_output("#{bin}/kubectl-flux_status version --verify")
    assert_match "fail", shell_output("#{bin}/kubectl-flux_status --demo", 1)
  end
end
