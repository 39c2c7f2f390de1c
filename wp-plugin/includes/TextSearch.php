<?php
/**
 * Finds posts by the words of a question. WordPress's own search wants the whole phrase; a shopper's sentence never is one.
 *
 * @package Chatello
 */

namespace Chatello;

final class TextSearch {
	const MAX_WORDS = 8;
	// Words that say nothing about what is looked for, in the languages that the plugin speaks.
	const STOP_WORDS = 'a an and any are as at be buy by can could do does for from get give have hello hi how i in is it like looking me my need of on or please recommend search show some something sell that the there this to under up us want we what when where which who with would you your about cheap cheaper than less more much price cost costs '
		. 'ad al alla alle anche avete c che chi ci ciao come con cosa costa cosi costo da dal dalla degli dei del della delle dello di dove e ed eun gli ha hai ho i il in io la le lo ma meno mi mia mio ne nei nel nella no non o per piu posso prezzo qualcosa quale quali quando quanto questa questo se si sono sotto su sul sulla tra un una uno vi voglio vorrei cerco cercando mostrami euro eur usd';

	/** The words of a text that are worth looking for, without accents and endings. */
	public static function stems( string $text ): array {
		$plain = strtolower( remove_accents( mb_strtolower( $text ) ) );
		$words = preg_split( '/[^\p{L}\p{N}]+/u', $plain, -1, PREG_SPLIT_NO_EMPTY );
		$stop  = array_flip( explode( ' ', self::STOP_WORDS ) );
		$stems = array();
		foreach ( (array) apply_filters( 'chatello_search_words', $words, $text ) as $word ) {
			if ( isset( $stop[ $word ] ) || ( strlen( $word ) < 2 && ! ctype_digit( $word ) ) ) {
				continue;
			}
			$stems[] = self::stem( (string) $word );
		}
		return array_slice( array_values( array_unique( $stems ) ), 0, self::MAX_WORDS );
	}

	/** Cuts plural and gender endings: shoes -> shoe, scarpe -> scarp, boxes -> box. */
	private static function stem( string $word ): string {
		if ( strlen( $word ) < 5 || preg_match( '/\d/', $word ) ) {
			return strlen( $word ) === 4 && 's' === substr( $word, -1 ) ? substr( $word, 0, 3 ) : $word;
		}
		return preg_replace( '/(?:(?<=x|ch|sh|ss)es|s|[aeio])$/', '', $word );
	}

	/**
	 * Scores of posts by id, higher is better: a rare word counts more than one that half of the posts have, and the title more
	 * than the text. Without any word to look for, the newest.
	 *
	 * @param string   $text             A question.
	 * @param string[] $types            Post types.
	 * @param string[] $taxonomies       Whose terms count.
	 * @param string   $taxonomy_prefix  Of further taxonomies whose terms count.
	 * @return array<int, float>
	 */
	public static function scores( string $text, array $types, array $taxonomies, string $taxonomy_prefix ): array {
		global $wpdb;
		$in    = implode( ',', array_fill( 0, count( $types ), '%s' ) );
		$stems = self::stems( $text );
		if ( array() === $stems ) {
			$ids = $wpdb->get_col( $wpdb->prepare( "SELECT ID FROM {$wpdb->posts} WHERE post_type IN ($in) AND post_status = 'publish' AND post_password = '' ORDER BY post_date DESC, ID DESC LIMIT 60", $types ) ); // phpcs:ignore
			return array_combine( array_map( 'intval', $ids ), array_map( static function ( $rank ) { return 1 / ( 1 + $rank ); }, array_keys( $ids ) ) );
		}
		$scores = array();
		foreach ( $stems as $stem ) {
			$like = '%' . $wpdb->esc_like( $stem ) . '%';
			$hits = array();
			foreach ( $wpdb->get_results( $wpdb->prepare( "SELECT ID, post_title LIKE %s AS in_title, post_excerpt LIKE %s AS in_excerpt FROM {$wpdb->posts} WHERE post_type IN ($in) AND post_status = 'publish' AND post_password = '' AND (post_title LIKE %s OR post_excerpt LIKE %s OR post_content LIKE %s) ORDER BY in_title DESC, in_excerpt DESC, ID DESC LIMIT 300", array_merge( array( $like, $like ), $types, array( $like, $like, $like ) ) ) ) as $row ) { // phpcs:ignore
				$hits[ (int) $row->ID ] = $row->in_title ? 6 : ( $row->in_excerpt ? 3 : 1 );
			}
			foreach ( self::by_term( $like, $taxonomies, $taxonomy_prefix ) as $id ) {
				$hits[ $id ] = ( $hits[ $id ] ?? 0 ) + 4;
			}
			$weight = 1 + log( 1 + 300 / max( 1, count( $hits ) ) );
			foreach ( $hits as $id => $points ) {
				$scores[ $id ] = ( $scores[ $id ] ?? 0 ) + $points * $weight;
			}
		}
		return $scores;
	}

	private static function by_term( string $like, array $taxonomies, string $prefix ): array {
		global $wpdb;
		if ( array() === $taxonomies ) {
			return array();
		}
		$in     = implode( ',', array_fill( 0, count( $taxonomies ), '%s' ) );
		$values = array_merge( array( $like ), $taxonomies, array( '' === $prefix ? '' : $wpdb->esc_like( $prefix ) . '%' ) );
		return array_map( 'intval', $wpdb->get_col( $wpdb->prepare( "SELECT DISTINCT r.object_id FROM {$wpdb->terms} t JOIN {$wpdb->term_taxonomy} x ON x.term_id = t.term_id JOIN {$wpdb->term_relationships} r ON r.term_taxonomy_id = x.term_taxonomy_id WHERE t.name LIKE %s AND (x.taxonomy IN ($in) OR x.taxonomy LIKE %s) LIMIT 300", $values ) ) ); // phpcs:ignore
	}
}
