"""A data provider's connector: data stay here; commitments, licences and sealed shares leave."""
