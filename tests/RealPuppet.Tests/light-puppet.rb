# Loaded before Debian's puppet (RUBYOPT) for the agents of most nodes here: it changes what an agent costs, and nothing that it does.
#
# Puppet adds each plugin that it loads to Ruby's list of loaded files, and Ruby 3.1 then resolves the paths of all files in that list anew: 270,000
# readlink calls, a quarter of an agent's processor time. Puppet itself goes by a list of its own; a plugin that is required as well is loaded once more.
require 'puppet'

Puppet::Util::Autoload.singleton_class.prepend(Module.new do
  def mark_loaded(name, file)
    file = File.expand_path(file)
    loaded[cleanpath(name).chomp('.rb')] = [file, File.mtime(file)]
  end
end)
