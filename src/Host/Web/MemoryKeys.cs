using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Orchestrator.Host.Web;

/// <summary>The keys with which the page protects what a browser keeps for it: good for this page alone, and never written anywhere.</summary>
public sealed class MemoryKeys : IXmlRepository
{
    private ImmutableList<XElement> _keys = [];

    public IReadOnlyCollection<XElement> GetAllElements() => _keys;

    public void StoreElement(XElement element, string friendlyName) => ImmutableInterlocked.Update(ref _keys, (keys, key) => keys.Add(key), element);
}
